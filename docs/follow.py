"""Follows the guide: every command of README.md and docs/guide, run as written on an empty machine.

    python -m docs.follow

Each `biosight …` that a page names, in a block or a sentence, is held against the commands that
there are, with its options. Each line of a block is run in a home and a data folder of its own,
with pictures made here for those it speaks of (WORDS), or stands in LEFT with the reason why it is
not. A command in neither is an error, so that no page says what nobody tried.
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
# Beginnings of lines that are not run here, and who runs them.
LEFT = {
    "make ": "run by CI itself, each in a fresh checkout",
    "docker ": "no engine here; ci.yml builds and starts the image",
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
    "biosight evaluate ": "of a model that one trained; tests/training",
    ".venv/bin/biosight evaluate ": "of a model that one trained; tests/training",
    "biosight classify s3:": "needs a cluster; tests/bulk/test_classify.py",
    "biosight import-table ": "needs a cluster's tables; tests/bulk/test_classify.py",
}
# What pages call things -> what they are called here; a stand-in where there is no such server.
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
# In sentences, those that are whole commands.
WHOLE = ("biosight doctor", "biosight config check", "biosight drift check", "biosight backup FILE")


@dataclass(frozen=True)
class Said:
    """A command as a page has it."""

    page: str
    line: str
    block: bool


def said() -> Iterator[Said]:
    """Every command: the lines of blocks that begin like one, and `biosight …` in sentences."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for body in re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            lines = [" ".join(x.partition("  #")[0].split()) for x in whole(body)]
            # What something printed begins like no command, and stands on these pages alone.
            if page.name not in PRINTED or is_command(lines[0]):
                yield from (Said(page.name, line, True) for line in lines)
        prose = re.sub(r"^```\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        for line in re.findall(r"`(biosight [a-z][^`]*)`", prose):
            yield Said(page.name, " ".join(line.split()), False)


def whole(block: str) -> list[str]:
    """A block's lines, those that go on behind a backslash as one."""
    return [x for x in block.replace("\\\n", " ").splitlines() if x.strip()]


def is_command(line: str) -> bool:
    """Is a line one that this script knows what to do with?"""
    return line.startswith((*LEFT, "biosight "))


def problems_of(command: Said) -> list[str]:
    """What is wrong with a command before anybody runs it: nobody tried it (LEFT), or it names a
    `biosight …` or an option that is not there."""
    found = [] if is_command(command.line) else ["neither run nor in LEFT"]
    if not command.line.startswith(("biosight ", ".venv/bin/biosight ")):
        return found
    for part in re.split(r"&&|\|", command.line):
        words = shlex.split(part)
        if words and words[0].endswith("biosight"):
            found += unknown(words[1:])
    return found


def unknown(words: list[str]) -> list[str]:
    """What BioSight's command line does not know of these words."""
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
    """Why a line is not run here, "" where it is."""
    return next((why for beginning, why in LEFT.items() if line.startswith(beginning)), "")


def here(line: str) -> str:
    """A line with the names of this place."""
    for word, ours in WORDS.items():
        line = re.sub(rf"(?<![\w/]){re.escape(word)}(?![\w])", ours, line)
    return line


def pictures(root: Path) -> None:
    """A few pictures in two folders."""
    for n in range(8):
        folder = root / f"day {n % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        shade = (30 * n, 200 - 20 * n, 90)
        Image.new("RGB", (320, 240), shade).save(folder / f"IMG_{n:04}.jpg")


def run(line: str, place: Path) -> str:
    """Run a line as somebody would; what it printed where it went wrong, "" where it did not."""
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
    """Run what can be run, in the order of the pages, README first; yields what went wrong."""
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
    """Follow the guide; ends with status 1 where it leads astray."""
    commands = list(said())
    wrong = [f"{c.page}: {c.line}: {p}" for c in commands for p in problems_of(c)]
    with tempfile.TemporaryDirectory() as place:
        wrong += follow(commands, Path(place))
    click.echo(f"{len(commands)} commands on {len(PAGES)} pages, {len(wrong)} wrong")
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
