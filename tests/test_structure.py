"""The first test: layers, what docstrings point at, words, and sizes as smoke alarms."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "biosight"
MODULES = sorted(SOURCE.rglob("*.py"))
SCRIPTS = SOURCE / "web" / "static" / "js"
LONGEST_FILE = 600
LONGEST_FUNCTION = 80
LONGEST_MODULE_JS = 200
MOST_IN_FOLDER = 14
# A function of a module, or a method of a class in it.
BEGINS_JS = re.compile(
    r"^(|  )(?:export )?(?:async )?(?:function\*? )?(\w+)\([^()]*(?:\([^()]*\)[^()]*)*\) \{$"
)
GROUND = {"settings", "errors", "metrics", "logs"}
EDGES = {"cli", "web"}
FILE = re.compile(r"[\w./-]*\w\.(?:py|js|css|html|md|toml|ya?ml|conf|sh|txt)\b")


def test_packages_import_lower_layers_only() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def contracts() -> list[dict[str, Any]]:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = said["tool"]["importlinter"]["contracts"]
    return found


def packages() -> set[str]:
    """Every package above the ground."""
    inside = {p.parent if p.stem == "__init__" else p for p in SOURCE.glob("*/__init__.py")}
    inside |= {p for p in SOURCE.glob("*.py") if p.stem != "__init__"}
    return {p.stem for p in inside} - GROUND


def test_every_package_stands_in_the_contract_and_in_what_stays_where() -> None:
    """A new package is in each contract, or it is an exception that is named here."""
    layers = next(c for c in contracts() if c["type"] == "layers")
    assert layers["exhaustive"] is True
    exceptions = {
        "FastAPI, Starlette and Jinja2 stay in web": {"web"},
        "PyTorch stays in training": {"training"},
        "A server starts without PyTorch": {"training", "learning", "cli"},
        "ONNX Runtime stays in inference and training": {"inference", "training"},
        "PyMongo and obstore stay in storage": {"storage"},
        "Settings are read at the edges": {"bootstrap", "cli", "web", "workflows"},
    }
    forbidden = {c["name"]: c for c in contracts() if c["type"] == "forbidden"}
    assert set(forbidden) == {*exceptions, "The web never learns"}
    for name, away in exceptions.items():
        said = {m.removeprefix("biosight.") for m in forbidden[name]["source_modules"]}
        assert said == packages() - away, name


def test_the_server_starts_without_torch() -> None:
    code = "import sys, biosight.web.app, biosight.cli; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_edge(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Is it a route or a command?"""
    signs = [ast.unparse(d) for d in node.decorator_list]
    return any(s.startswith(("router.", "click.")) or ".command" in s for s in signs)


def test_sizes() -> None:
    for path in MODULES:
        assert len(path.read_text().splitlines()) <= LONGEST_FILE, path
        for node in functions(path):
            length = (node.end_lineno or 0) - node.lineno
            assert length <= LONGEST_FUNCTION, f"{path}: {node.name}"
    for path in SCRIPTS.rglob("*.js"):
        assert len(path.read_text().splitlines()) <= LONGEST_MODULE_JS, path
        assert path.read_text().startswith("// @ts-check"), path
        for name, length in functions_js(path.read_text()):
            assert length <= LONGEST_FUNCTION, f"{path}: {name}"


def functions_js(text: str) -> Iterator[tuple[str, int]]:
    """The functions and methods of a module that Biome formatted, with their lines."""
    open_: list[tuple[str, int, str]] = []
    for number, line in enumerate(text.split("\n")):
        if found := BEGINS_JS.match(line):
            open_.append((found[2], number, found[1] + "}"))
        elif open_ and line.rstrip(",;") == open_[-1][2]:
            name, begin, _ = open_.pop()
            yield name, number - begin


def test_functions_of_javascript_are_measured() -> None:
    text = "export function long() {\n  a();\n  b();\n}\nclass C {\n  m() {\n    c();\n  }\n}\n"
    assert list(functions_js(text)) == [("long", 3), ("m", 2)]


def test_no_folder_holds_too_much() -> None:
    """A folder of a dozen files can be read; one of thirty has to be searched."""
    for folder in {path.parent for path in MODULES}:
        assert len(list(folder.glob("*.py"))) <= MOST_IN_FOLDER, folder


def test_every_module_says_what_it_is() -> None:
    for path in MODULES:
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_a_docstring_says_more_than_a_name_can() -> None:
    """One of four words or less repeats the name: it goes, so that those there weigh something.

    Routes and commands are left out: theirs is what people read in the API pages and as help.
    """
    short = [
        f"{path.relative_to(SOURCE)}: {node.name}: {said}"
        for path in MODULES
        for node in functions(path)
        if (said := ast.get_docstring(node)) and len(said.split()) <= 4 and not is_edge(node)
    ]
    assert not short, "\n".join(short)


def there(name: str, beside: Path) -> bool:
    """Is there a file of this name: beside, in the package, or in the project?"""
    places = (beside, SOURCE, ROOT, SCRIPTS, ROOT / "docs", SOURCE / "web" / "templates")
    if any((place / name).exists() for place in places):
        return True
    return "/" not in name and any(beside.rglob(name))


def docstrings(path: Path) -> Iterator[str]:
    """The docstrings of a module, its classes and functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


# Files that BioSight writes or reads, and no part of it.
OF_OTHERS = {
    "biosight.csv", "card.json", "datapackage.json", "eml.xml", "gate.html",
}  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_pointers_lead_somewhere(path: Path) -> None:
    """Every file that a docstring names exists, and what stands in brackets behind "Not here"."""
    for said in docstrings(path):
        for name in FILE.findall(said):
            assert there(name, path.parent) or name.rpartition("/")[2] in OF_OTHERS, name
        for sign in re.findall(r"Not here:.*", said, re.DOTALL):
            for name in re.findall(r"\((\w+)[,)]", sign):
                assert name in packages() | GROUND | {"stored", "the"}, name


def test_no_folder_of_odds_and_ends() -> None:
    banned = {"utils", "helpers", "common", "core", "services", "managers"}
    assert not [p for p in SOURCE.rglob("*") if p.stem in banned and p.parent.name != "bundled"]


def type_alias(node: ast.stmt) -> str:
    """The name of a type that a module gives another name, "" for other statements."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return ""
    name = node.targets[0].id
    return name if re.fullmatch(r"[A-Z][a-z]\w+", name) else ""


def public_names() -> dict[str, set[str]]:
    """Public classes and functions -> the packages that define them."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        package = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                found[node.name].add(package)
            elif (alias := type_alias(node)) and package not in EDGES:
                found[alias].add(package)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # A route or command may be called like the function that it leads to.
                found[node.name] |= {package} - EDGES
    return found


def test_one_word_means_one_thing() -> None:
    """A public name stands in one package, unless the glossary says that it means the same in
    all."""
    glossary = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    shared = glossary.split("## Names that several packages share")[1]
    allowed = set(re.findall(r"^- `(\w+)`", shared, re.MULTILINE))
    twice = {name: sorted(in_) for name, in_ in public_names().items() if len(in_) > 1}
    assert {n: r for n, r in twice.items() if n not in allowed} == {}
    assert allowed <= set(twice), f"no longer shared: {sorted(allowed - set(twice))}"


def test_every_word_of_the_glossary_that_is_code_exists() -> None:
    glossary = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    words = glossary.split("## Names that several packages share")[0]
    known = set(public_names()) | {"Write", "Filter", "Require"}
    for name in re.findall(r"`([A-Z]\w+)`", words):
        assert name in known, name


def test_no_word_of_the_glossary_stands_there_twice() -> None:
    glossary = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|", glossary, re.MULTILINE)[2:]
    words = [word.strip() for row in rows for word in row.split(",")]
    assert sorted(w for w in set(words) if words.count(w) > 1) == []
