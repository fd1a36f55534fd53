"""Paths of labels as text, so that "this and below" is one range that every store can serve.

"/Animalia/Chordata/Aves/" is the path of Aves; a slash or a percent sign in a name is written
as %2F or %25. Not here: the tree a path comes from (tree.py).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

AFTER_SLASH = "0"


def as_path(line: Sequence[str]) -> str:
    """Return the path of ids from the root down, "/a/b/"; "" for none."""
    return f"/{'/'.join(escape_part(id) for id in line)}/" if line else ""


def line_of(path: str) -> tuple[str, ...]:
    """Return the ids of a path, from the root down."""
    return tuple(unescape_part(part) for part in path.strip("/").split("/")) if path else ()


# The ten groups that were the only labels before there was a tree.
FIRST = {
    "Amphibia": "/Animalia/Chordata/Amphibia/",
    "Animalia": "/Animalia/",
    "Arachnida": "/Animalia/Arthropoda/Arachnida/",
    "Aves": "/Animalia/Chordata/Aves/",
    "Fungi": "/Fungi/",
    "Insecta": "/Animalia/Arthropoda/Insecta/",
    "Mammalia": "/Animalia/Chordata/Mammalia/",
    "Mollusca": "/Animalia/Mollusca/",
    "Plantae": "/Plantae/",
    "Reptilia": "/Animalia/Chordata/Reptilia/",
}


def first_path(label: str) -> str:
    """Return the path that a label of an archive from before trees gets when the archive is
    opened."""
    return FIRST.get(label) or (as_path((label,)) if label else "")


def escape_part(id: str) -> str:
    return id.replace("%", "%25").replace("/", "%2F")


def unescape_part(part: str) -> str:
    return part.replace("%2F", "/").replace("%25", "%")


def paths_down_to(path: str) -> tuple[str, ...]:
    """Return the paths from the top down to a path: "/a/" and "/a/b/" for "/a/b/"."""
    parts = path.split("/")[1:-1]
    return tuple(f"/{'/'.join(parts[: n + 1])}/" for n in range(len(parts)))


def counts_below(counts: Mapping[str, int]) -> Counter[str]:
    """Return how many hang at or below each path, given how many hang at each."""
    found: Counter[str] = Counter()
    for path, n in counts.items():
        found.update(dict.fromkeys(paths_down_to(path), n))
    return found


def end_below(path: str) -> str:
    """Return the end of a path's range: `path` <= p < `end_below(path)` holds for it and all
    below."""
    return path[:-1] + AFTER_SLASH


def agree(first: str, second: str) -> bool:
    """Return whether two labels, given by their paths, do not contradict each other: they are one,
    or one lies below the other.

    "Insecta" agrees with "Lepidoptera": it says less, not something else.
    """
    return bool(first and second) and (first.startswith(second) or second.startswith(first))
