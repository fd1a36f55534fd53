"""Docs are kept true: generated pages match the code, links lead somewhere."""

import re
from pathlib import Path

import pytest

from docs import generate

ROOT = Path(__file__).parent.parent
PAGES = [p for p in ROOT.rglob("*.md") if not {".venv", "node_modules"} & set(p.parts)]


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_the_reference_is_what_the_code_says(name: str) -> None:
    kept = (generate.REFERENCE / name).read_text(encoding="utf-8")
    assert kept == f"{generate.NOTE}{generate.PAGES[name]()}\n", "run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not link.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / link).exists(), link


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(p.name for p in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(n[:4]) for n in names] == list(range(1, len(names) + 1))
    for name in names:
        text = (ROOT / "docs" / "decisions" / name).read_text()
        assert "## Alternatives refused" in text, name


def test_the_readme_names_the_two_commands_and_shows_one_picture() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in text
    assert "make test" in text
    assert len(re.findall(r"!\[", text)) == 1


def test_the_changelog_has_an_unreleased_part_on_top() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.index("## [Unreleased]") < 400


def test_every_setting_a_guide_names_exists() -> None:
    from biosight.settings import Settings

    known = {f"BIOSIGHT_{name.upper()}" for name in Settings.model_fields}
    known |= {"BIOSIGHT_TEST_REQUIRE", "BIOSIGHT_TEST_MONGODB_URL"}
    # Names that only the drift pipeline's script and workflow read.
    for file in (*Path("pipeline").glob("*.sh"), Path(".github/workflows/drift_pipeline.yml")):
        known |= set(re.findall(r"BIOSIGHT_[A-Z_]+[A-Z]", file.read_text(encoding="utf-8")))
    for page in PAGES:
        named = set(re.findall(r"BIOSIGHT_[A-Z_]+[A-Z]", page.read_text(encoding="utf-8")))
        assert named <= known, page
