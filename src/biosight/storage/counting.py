"""Groups of fields by which a kind's records are counted ready: which of them answers a question.

Not here: how a store keeps the counts (sqlite/schema.py, mongo/counts.py).
"""

from collections.abc import Sequence, Set

from biosight.storage.declarations import declared_by
from biosight.storage.records import Record, Where

TENTH = "_tenth"


def counters_of(kind: type[Record]) -> tuple[tuple[str, ...], ...]:
    """Return the columns of the counters; "percent/10" becomes percent_tenth."""
    groups = declared_by(kind).counters
    return tuple(tuple(name.replace("/10", TENTH) for name in names) for names in groups)


def counter_for(kind: type[Record], names: Set[str]) -> int | None:
    """Return the number of the first counter that covers all of these fields, None where there is
    none, or no field."""
    for number, keys in enumerate(counters_of(kind)):
        if names and names <= set(keys):
            return number
    return None


def by_tenths(
    kind: type[Record], where: Sequence[Where], fields: Sequence[str]
) -> list[Sequence[Where]]:
    """Split conditions that ask for less than a number in two, where a counter has the number's
    tenths: whole tenths, which are few rows, and the rest below the number."""
    others = {w.field for w in where} | set(fields)
    for end in where:
        coarse = f"{end.field}{TENTH}"
        known = counter_for(kind, others - {end.field} | {coarse})
        rest = [w for w in where if w.field != end.field]
        alone = len(rest) == len(where) - 1
        if known is None or end.op != "<" or not isinstance(end.value, int) or not alone:
            continue
        whole = end.value // 10
        parts: list[Sequence[Where]] = [[*rest, Where(coarse, "<", whole)]]
        if end.value % 10:
            parts.append([*rest, Where(end.field, ">=", whole * 10), end])
        return parts
    return [where]
