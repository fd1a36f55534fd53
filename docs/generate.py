"""Write docs/reference from the code (settings, commands, metrics, errors, API), and the packages
with their tests into CONTRIBUTING.

tests/test_docs.py fails when the pages on disk differ from the generated ones.
"""

import ast
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
from fastapi import FastAPI
from prometheus_client.metrics import MetricWrapperBase

from biosight import errors, metrics
from biosight.cli import main
from biosight.settings import Settings
from biosight.web.app import include

REFERENCE = Path(__file__).parent / "reference"
ROOT = Path(__file__).parent.parent
PROJECT, CONTRIBUTING = ROOT / "pyproject.toml", ROOT / "CONTRIBUTING.md"
SOURCE = ROOT / "src" / "biosight"
TESTS = ROOT / "tests"
BEGIN = "<!-- packages: written by `make docs` from the contract in pyproject.toml -->"
END = "<!-- end of packages -->"
ABREAST = 7  # packages on one line of the drawing
NOTE = "<!-- Written by `make docs` from the code; edit the code instead. -->\n"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', '/') for c in row)} |" for row in lines)


def settings_page() -> str:
    """Return the page of all settings."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = "" if default in ("", None) else f"`{default}`"
        rows.append((f"`BIOSIGHT_{name.upper()}`", shown, field.description or ""))
    return "# Settings\n\nAll are environment variables; none is needed to start.\n\n" + table(
        ("Setting", "Default", "What it does"), rows
    )


def commands(command: click.Command, path: str) -> Iterator[str]:
    """Yield the help of a command and of its subcommands."""
    if isinstance(command, click.Group):
        at = click.Context(command)
        for name in sorted(command.list_commands(at)):
            found = command.get_command(at, name)
            assert found is not None
            yield from commands(found, f"{path} {name}")
        return
    names = list(main.context_settings["help_option_names"])
    context = click.Context(
        command, info_name=path, max_content_width=88, terminal_width=88, help_option_names=names
    )
    yield f"## {path}\n\n```\n{command.get_help(context)}\n```"


def commands_page() -> str:
    """Return the page of all commands."""
    return "# Commands\n\n" + "\n\n".join(commands(main, "biosight"))


def metrics_page() -> str:
    """Return the page of all Prometheus series."""
    rows = []
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            labels = ", ".join(value._labelnames)
            rows.append((f"`{value._name}`", str(value._type), labels, value._documentation))
    intro = (
        "Served at `/metrics`, beside `process_*` and `python_*` of the client library (memory, "
        "open files, processor time)."
    )
    return f"# Metrics\n\n{intro}\n\n" + table(
        ("Series", "Type", "Labels", "What it says"), sorted(rows)
    )


def error_kinds(kind: type[errors.BioSightError]) -> Iterator[type[errors.BioSightError]]:
    """Yield a kind of error and the subclasses that have a code of their own."""
    if "code" in vars(kind):
        yield kind
    for below in kind.__subclasses__():
        yield from error_kinds(below)


def errors_page() -> str:
    """Return the page of all error codes."""
    found = {k.code: k for k in error_kinds(errors.BioSightError)}
    told = {
        code: (kind.status, (kind.__doc__ or "").splitlines()[0]) for code, kind in found.items()
    }
    told |= {
        "error": (500, "Something went wrong that nobody foresaw; the log says what."),
        "cross_origin": (403, "The request came from another site, or a script sent no Origin."),
    }
    rows = [
        (f"`{code}`", str(status), words)
        for code, (status, words) in sorted(told.items(), key=lambda pair: (pair[1][0], pair[0]))
    ]
    form = 'Every error is `{"error": code, "detail": text, "request_id": id}`.'
    return f"# Errors\n\n{form}\n\n" + table(("Code", "Status", "Meaning"), rows)


def routes() -> Iterator[tuple[str, str, str]]:
    """Yield every API route with the first line of its docstring."""
    app = FastAPI()
    include(app)
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), f"`{path}`", operation["description"].splitlines()[0]


def api_page() -> str:
    """Return the page of all routes."""
    intro = "A running BioSight shows them at `/docs`, with all fields; here is the list."
    return f"# API\n\n{intro}\n\n" + table(("Method", "Path", "What it does"), list(routes()))


def packages() -> str:
    """Return the layers of the import contract, the highest first, and a description of each
    package."""
    contracts = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]
    said = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    layers = [[package.strip() for package in layer.split("|")] for layer in said]
    highest = len(layers) - 1
    lines = []
    for number, layer in enumerate(layers):
        for start in range(0, len(layer), ABREAST):
            label = f"{highest - number:<4}" if not start else "    "
            lines.append(f"{label}{' | '.join(layer[start : start + ABREAST])}")
    rows = [(f"`{p}`", first_sentence(p), tests_of(p)) for layer in layers for p in layer]
    return "\n".join(["```", *lines, "```", "", table(("Package", "What it is", "Tests"), rows)])


def tests_of(package: str) -> str:
    """Return the folder of a package's tests, or the test files that have its name."""
    folder = TESTS / package
    if folder.is_dir():
        return f"`tests/{package}`"
    named = sorted(TESTS.rglob(f"test_{package}*.py"))
    return ", ".join(f"`{path.relative_to(ROOT).as_posix()}`" for path in named) or "by its users"


def first_sentence(package: str) -> str:
    """Return the first paragraph of a package's docstring, on one line."""
    module = SOURCE / package / "__init__.py"
    path = module if module.is_file() else SOURCE / f"{package}.py"
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split())


def with_packages(text: str) -> str:
    """Return the text of CONTRIBUTING with the packages of the contract."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{packages()}\n{END}{rest.split(END)[1]}"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "metrics.md": metrics_page,
    "errors.md": errors_page,
    "api.md": api_page,
}


def write() -> None:
    """Write all pages."""
    REFERENCE.mkdir(exist_ok=True)
    text = CONTRIBUTING.read_text(encoding="utf-8")
    CONTRIBUTING.write_text(with_packages(text), encoding="utf-8")
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(f"{NOTE}{make()}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
