"""The guide inside the app: docs/guide as pages, with a search through its sections.

Not here: the words themselves (docs/guide), or the keys (static/js/frame/keys.js).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from biosight.errors import NotFound

PACKAGE = Path(__file__).parents[1]
# An installed package has the guide beside its code, a checkout in docs/guide.
GUIDE = next(
    (f for f in (PACKAGE / "guide", PACKAGE.parents[1] / "docs" / "guide") if f.is_dir()),
    PACKAGE / "guide",
)
FIRST = "index"
LONGEST_QUERY = 100
AROUND = 110  # characters of a section that are shown on each side of the match
OWN_LINK = re.compile(r'href="(\w+)\.md(#[^"]*)?"')
OTHER_LINK = re.compile(r'<a href="\.\./[^"]*">(.*?)</a>')
HEADING = re.compile(r"<(h[23])>(.*?)</\1>")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page of the guide, under a heading; `anchor` leads to it."""

    page: str
    title: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Met:
    """A section that contains all words of a search, with some text around the first match."""

    section: Section
    before: str
    word: str
    after: str


def pages() -> list[str]:
    """Return the names of the guide's pages; the first is the page that lists them."""
    names = sorted(f.stem for f in GUIDE.glob("*.md"))
    return [FIRST, *(n for n in names if n != FIRST)]


@lru_cache(maxsize=32)
def page_html(name: str) -> str:
    """Return a page of the guide as HTML, with anchors at its headings. Raises NotFound."""
    from markdown_it import MarkdownIt  # imported when somebody first reads a page

    text = source(name)
    made = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    made = OWN_LINK.sub(lambda m: f'href="/help/{m[1]}{m[2] or ""}"', made)
    made = OTHER_LINK.sub(r"\1", made)  # the app has no pages outside the guide
    made = made.replace('src="', 'src="/help/')
    made = made.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    made = made.replace("</table>", "</table></div>")
    made = made.replace("<pre>", '<pre tabindex="0">')  # long lines scroll, with the keyboard too
    made = made.replace("<th></th>", "<td></td>")  # an empty corner cell is no heading
    return HEADING.sub(lambda m: f'<{m[1]} id="{slug(m[2])}">{m[2]}</{m[1]}>', made)


def source(name: str) -> str:
    """Return the Markdown text of a page of the guide. Raises NotFound."""
    if name not in pages():
        raise NotFound("The guide has no such page.")
    return (GUIDE / f"{name}.md").read_text(encoding="utf-8")


def picture(name: str) -> Path:
    """Return the file of a picture in the guide. Raises NotFound."""
    for file in GUIDE.glob("*.png"):
        if file.name == name:
            return file
    raise NotFound("The guide has no such picture.")


def slug(heading: str) -> str:
    """Return the anchor of a heading, in the form that code hosts use."""
    plain = re.sub(r"<[^>]*>|&\w+;|[^\w\s-]", "", heading).strip().lower()
    return re.sub(r"\s", "-", plain)


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """Return all sections of the guide, in order."""
    return tuple(s for name in pages() if name != FIRST for s in sections_of(name))


def sections_of(name: str) -> Iterator[Section]:
    """Yield the sections of one page."""
    for part in re.split(r"^(?=#{1,3} )", source(name), flags=re.MULTILINE):
        title, _, text = part.partition("\n")
        heading = title.lstrip("# ").strip()
        if heading:
            plain = " ".join(re.sub(r"[*`|]|\]\([^)]*\)|\[", "", text).split())
            yield Section(name, heading, slug(heading), plain)


def find_sections(query: str) -> list[Met]:
    """Return the sections with all words of a query; those with a word in their title come
    first."""
    words = query[:LONGEST_QUERY].casefold().split()
    if not words:
        return []
    met = [
        as_met(s, words)
        for s in sections()
        if all(w in f"{s.title} {s.text}".casefold() for w in words)
    ]
    return sorted(met, key=lambda m: not any(w in m.section.title.casefold() for w in words))


def as_met(section: Section, words: list[str]) -> Met:
    """Return some of a section's text around the first word found in it."""
    folded = section.text.casefold()
    at = max(0, min((folded.find(w) for w in words if w in folded), default=0))
    word = next((w for w in words if folded.startswith(w, at)), "")
    end = at + len(word)
    return Met(
        section,
        section.text[max(0, at - AROUND) : at],
        section.text[at:end],
        section.text[end : end + AROUND],
    )
