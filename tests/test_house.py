"""The first test: the house's floors, and sizes as smoke alarms."""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "biosight"
LONGEST_FILE = 600
LONGEST_FUNCTION = 80
LONGEST_MODULE_JS = 200


def test_rooms_import_lower_floors_only() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_the_server_starts_without_torch() -> None:
    code = "import sys, biosight.web.app, biosight.cli; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))


def test_sizes() -> None:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= LONGEST_FILE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno
                assert length <= LONGEST_FUNCTION, f"{path}: {node.name}"
    for path in (SOURCE / "web" / "static" / "js").rglob("*.js"):
        assert len(path.read_text().splitlines()) <= LONGEST_MODULE_JS, path
        assert path.read_text().startswith("// @ts-check"), path


def test_every_module_says_what_it_is() -> None:
    for path in SOURCE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_no_shelf_without_a_name() -> None:
    banned = {"utils", "helpers", "common", "core", "services", "managers", "models"}
    assert not [p for p in SOURCE.rglob("*") if p.stem in banned and p.parent.name != "bundled"]
