"""Docs are kept true: generated pages match the code, links lead somewhere."""

import re
import subprocess
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from biosight.bootstrap import BioSight
from biosight.settings import Settings
from biosight.web.app import create_app
from docs import follow, generate

ROOT = Path(__file__).parent.parent


@cache
def own_files() -> list[Path]:
    """The project's own files, committed or about to be."""
    listing = ["ls-files", "--cached", "--others", "--exclude-standard"]
    command = ["git", "-C", str(ROOT), *listing]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Path(line) for line in run.stdout.splitlines()]


PAGES = [ROOT / p for p in own_files() if p.suffix == ".md" and (ROOT / p).is_file()]


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_the_reference_is_what_the_code_says(name: str) -> None:
    kept = (generate.REFERENCE / name).read_text(encoding="utf-8")
    assert kept == f"{generate.NOTE}{generate.PAGES[name]()}\n", "run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not link.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / link).exists(), link


DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PARTS = ["Context", "Decision", "Consequences", "Alternatives refused"]


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(p.name[:4]) for p in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda p: p.name[:4])
def test_decisions_have_one_form(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    status = re.search(r"^Status: (accepted|extended|superseded)\b.*$", text, re.MULTILINE)
    assert status is not None
    for number in re.findall(r"\[(\d+)\]\((\d{4})-", status[0]):
        assert int(number[0]) == int(number[1])


def test_the_packages_in_contributing_are_the_contract() -> None:
    text = generate.CONTRIBUTING.read_text(encoding="utf-8")
    assert text == generate.with_packages(text), "run make docs"


def test_the_api_page_lists_every_route_of_the_app() -> None:
    """Counted in the running app, not in the list that the page is made from."""
    app = create_app(cast(BioSight, SimpleNamespace(settings=Settings())), housekeeping=False)
    listed = (generate.REFERENCE / "api.md").read_text(encoding="utf-8")
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            assert f"| {method.upper()} | `{path}` |" in listed, (method, path)


NAMED = re.compile(r"(?<![\w./-])((?:[\w-]+/)*[\w-]+\.(?:py|js|css|html|toml|ya?ml|conf|sh))\b")
MADE = {"biosight.db", "mongod.conf", "gate.html", "Node.js"}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_that_pages_name_exist(page: Path) -> None:
    for name in NAMED.findall(page.read_text(encoding="utf-8")):
        if name in MADE or page.name == "CHANGELOG.md":
            continue
        roots = (ROOT, ROOT / "src" / "biosight", ROOT / "src" / "biosight" / "web", page.parent)
        found = any((root / name).exists() for root in roots)
        assert found or any(p.match(name) for p in own_files()), name


def test_the_readme_names_the_two_commands_and_shows_one_picture() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in text
    assert "make test" in text
    assert len(re.findall(r"!\[", text)) == 1


def test_the_changelog_has_an_unreleased_part_on_top() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.index("## [Unreleased]") < 400


def test_every_setting_a_guide_names_exists() -> None:
    known = {f"BIOSIGHT_{name.upper()}" for name in Settings.model_fields}
    known |= {"BIOSIGHT_TEST_REQUIRE", "BIOSIGHT_TEST_MONGODB_URL"}
    # Names that only the drift pipeline's script and workflow read.
    for file in (*Path("pipeline").glob("*.sh"), Path(".github/workflows/drift_pipeline.yml")):
        known |= set(re.findall(r"BIOSIGHT_[A-Z_]+[A-Z]", file.read_text(encoding="utf-8")))
    for page in PAGES:
        named = set(re.findall(r"BIOSIGHT_[A-Z_]+[A-Z]", page.read_text(encoding="utf-8")))
        assert named <= known, page


def test_every_command_that_a_page_names_is_there() -> None:
    found = list(follow.said())
    assert len(found) > 50
    assert {c.page for c in found} > {"README.md", "operations.md", "running.md"}
    assert [(c.page, c.line, p) for c in found for p in follow.problems_of(c)] == []
    for line in ("biosight nonsense", "biosight backup --nonsense", "helm install"):
        assert follow.problems_of(follow.Said("a.md", line, True)), line


# Constructions that came from translation; house style says it in ordinary words.
TRANSLATED = (
    "is taken in", "are taken in", "take in a", "put right", "told apart", "so many ", "of its own",
    "nothing means", "by and large",
)  # fmt: skip
READ_BY_PEOPLE = [
    *(ROOT / "src/biosight/web/templates").rglob("*.html"),
    *(ROOT / "src/biosight/web/static/js").rglob("*.js"),
    *(ROOT / "docs/guide").glob("*.md"),
    *(ROOT / "docs/reference").glob("*.md"),
    ROOT / "README.md",
]


def test_texts_are_in_ordinary_english() -> None:
    assert len(READ_BY_PEOPLE) > 100
    met = [
        f"{path.relative_to(ROOT)}: {words}"
        for path in READ_BY_PEOPLE
        for words in TRANSLATED
        if words in path.read_text(encoding="utf-8").casefold()
    ]
    assert met == []
