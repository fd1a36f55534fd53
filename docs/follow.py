"""Follow the guide: run every command of README.md and docs/guide, as written, on an empty machine.

    python -m docs.follow

Each `biosight …` that a page names, in a block or a sentence, is checked against the existing
commands and their options. Each line of a block is run with its own home and data folder, on
pictures made here in place of those it names (WORDS). Lines that are not run are in LEFT, with the
reason. A command in neither is an error, so that no page contains an untested command.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from PIL import Image

from biosight.cli import main as biosight

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md")))
SECONDS = 120
# Beginnings of lines that are not run here, and where they are run, or why not.
LEFT = {
    "make ": "run by CI itself, each in a fresh checkout",
    "docker ": "no engine here; ci.yml builds and starts the image",
    "kubectl ": "no cluster here; tests/test_kubernetes.py renders what is applied",
    "apt ": "changes the machine",
    "python3 -m venv /opt": "changes the machine",
    "/opt/biosight": "changes the machine",
    "cp ": "changes the machine",
    "systemctl ": "no systemd here; the units are verified by systemd-analyze",
    "systemd-run ": "no systemd here",
    "debootstrap ": "run by hand as root",
    "container=": "run by hand as root",
    "buildah ": "run by hand as root",
    "sh.": "mongosh on a sharded cluster; none was at hand",
    "BIOSIGHT_": "a setting; tests/test_docs.py holds its name",
    "export PATH": "the next lines' own",
    "dvc ": "tests/walk/test_versioning.py",
    "git ": "tests/walk/test_versioning.py",
    "biosight train ": "needs PyTorch and hours; tests/training",
    ".venv/bin/biosight train ": "needs PyTorch and hours; tests/training",
    "biosight model ": "of models that one trained or has; tests/cli/test_model_commands.py",
    ".venv/bin/biosight model ": "of models that one trained; tests/cli/test_model_commands.py",
    "python -m biosight.training.": "needs PyTorch and pictures; tests/training",
    "python -m bench.subjects": "needs pictures of camera traps",
    "biosight evaluate ": "of a model that one trained; tests/training",
    ".venv/bin/biosight evaluate ": "of a model that one trained; tests/training",
    "biosight classify s3:": "needs a cluster; tests/bulk/test_classify.py",
    "biosight import-table ": "needs a cluster's tables; tests/bulk/test_classify.py",
}
# Names on the pages -> names here, with a substitute for a server that does not exist here.
WORDS = {
    "DIR": "pictures",
    "OUT": "sorted",
    "COLLECTION": "'My images'",
    "NAME": "dusk",
    "FILE": "backup.tar",
    "/backups": "backups",
    "sqlite:///biosight-data/biosight.db": "sqlite:///data/biosight.db",
    "mongodb://HOST/biosight": "sqlite:///moved/biosight.db",
    "biosight-data/blobs": "data/blobs",
    "s3://BUCKET/PREFIX": "moved/blobs",
}
PRINTED = ("drift.md", "speed.md")
# The commands in sentences that are complete.
WHOLE = ("biosight doctor", "biosight config check", "biosight drift check", "biosight backup FILE")


@dataclass(frozen=True)
class Said:
    """A command as it is written on a page."""

    page: str
    line: str
    block: bool


def said() -> Iterator[Said]:
    """Yield every command: the lines of blocks that begin like one, and `biosight …` in
    sentences."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        # Blocks of another language are run by tests/test_library.py.
        text = re.sub(r"^```[a-z]+\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
        for body in re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            lines = [" ".join(x.partition("  #")[0].split()) for x in whole(body)]
            # Only these pages have blocks of printed output; they do not begin like a command.
            if page.name not in PRINTED or is_command(lines[0]):
                yield from (Said(page.name, line, True) for line in lines)
        prose = re.sub(r"^```\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        for line in re.findall(r"`(biosight [a-z][^`]*)`", prose):
            yield Said(page.name, " ".join(line.split()), False)


def whole(block: str) -> list[str]:
    """Return a block's lines; lines that continue after a backslash become one."""
    return [x for x in block.replace("\\\n", " ").splitlines() if x.strip()]


def is_command(line: str) -> bool:
    """Return whether this script knows what to do with a line."""
    return line.startswith((*LEFT, "biosight "))


def problems_of(command: Said) -> list[str]:
    """Return the problems of a command that are visible without running it: it is neither run nor
    in LEFT, or it names a `biosight …` command or an option that does not exist."""
    found = [] if is_command(command.line) else ["neither run nor in LEFT"]
    if not command.line.startswith(("biosight ", ".venv/bin/biosight ")):
        return found
    for part in re.split(r"&&|\|", command.line):
        words = shlex.split(part)
        if words and words[0].endswith("biosight"):
            found += unknown(words[1:])
    return found


def unknown(words: list[str]) -> list[str]:
    """Return the words that are not in BioSight's command line."""
    at: click.Command = biosight
    while isinstance(at, click.Group) and words and not words[0].startswith("-"):
        found = at.get_command(click.Context(at), words[0])
        if found is None:
            return [f"there is no command {words[0]}"]
        at, words = found, words[1:]
    options = {name for p in at.params for name in (*p.opts, *p.secondary_opts)}
    given = [w.partition("=")[0] for w in words if w.startswith("--")]
    return [f"{at.name} has no option {g}" for g in given if g not in options]


def left(line: str) -> str:
    """Return why a line is not run here, "" if it is run."""
    return next((why for beginning, why in LEFT.items() if line.startswith(beginning)), "")


def here(line: str) -> str:
    """Return a line with its names replaced by those used here."""
    for word, ours in WORDS.items():
        line = re.sub(rf"(?<![\w/]){re.escape(word)}(?![\w])", ours, line)
    return line


def pictures(root: Path) -> None:
    """Make a few pictures in two folders."""
    for n in range(8):
        folder = root / f"day {n % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        shade = (30 * n, 200 - 20 * n, 90)
        Image.new("RGB", (320, 240), shade).save(folder / f"IMG_{n:04}.jpg")


def run(line: str, place: Path) -> str:
    """Run a line as a user would. Return its output if it failed, "" if it succeeded."""
    environment = {
        "PATH": f"{ROOT}/.venv/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(place / "home"),
        "BIOSIGHT_DATA_DIR": str(place / "data"),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=place,
        env=environment,
        input="a-long-word-7\na-long-word-7\n",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return "" if done.returncode == 0 else f"status {done.returncode}\n{done.stdout}{done.stderr}"


def follow(commands: list[Said], place: Path) -> Iterator[str]:
    """Run every line that can be run, in the order of the pages, README first. Yield the
    failures."""
    (place / "home").mkdir()
    (place / "moved").mkdir()
    pictures(place / "pictures")
    if wrong := run("biosight user add ada@example.org", place):
        yield wrong
    for line in dict.fromkeys(c.line for c in commands if c.block or c.line in WHOLE):
        if why := left(line):
            click.echo(f"left   {line[:70]}  ({why})")
            continue
        click.echo(f"run    {here(line)}")
        if wrong := run(here(line), place):
            yield f"{line}: {wrong}"


def main() -> None:
    """Follow the guide. Exit with status 1 where it is wrong."""
    commands = list(said())
    wrong = [f"{c.page}: {c.line}: {p}" for c in commands for p in problems_of(c)]
    with tempfile.TemporaryDirectory() as place:
        wrong += follow(commands, Path(place))
    click.echo(f"{len(commands)} commands on {len(PAGES)} pages, {len(wrong)} wrong")
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
