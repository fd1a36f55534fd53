"""Conditions as SQL, in the form for which SQLite reads the fewest rows.

SQLite assumes that all values of a column are equally frequent. This module adds what BioSight
knows better: counters instead of records, the few records of a rare word, a branch label by label.
Not here: running a query (store.py), or which tables and indexes exist (schema.py).
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from biosight.storage.counting import counter_for
from biosight.storage.declarations import declared_by, lists_of
from biosight.storage.records import Order, Position, Record, Value, Where
from biosight.storage.sqlite.schema import list_table

Clause = tuple[str, list[Any]]  # conditions in SQL, and their parameters
# Fields that indexes begin with, or are ordered by.
OFTEN = {"collection", "trashed", "taken", "created_at", "day", "id"}
# A word in more records than this is sought in the requested order, where a match comes soon.
FEW = 2_000
# Where one record in so many matches, those that come first in the requested order are tried first.
MET_OFTEN = 8
# The most values of a branch that are queried one by one.
MOST_BRANCHES = 200
# The most queries that become one; SQLite takes up to 500.
MOST_ALTERNATIVES = 400
NEVER = Where("id", "=", "")


@dataclass(frozen=True, slots=True)
class Selected(Where):
    """A condition that the id is among those that a query in SQL returns."""

    query: Clause = ("", [])


def condition(where: Sequence[Where], telling: Sequence[str] = ()) -> Clause:
    """Return conditions that must all hold, as SQL.

    Where a field of `telling` must have a value, only few records match, and no index of other
    fields is used. SQLite assumes that all values are equally frequent; a plus sign hides a column
    from it.
    """
    if tells(where, telling):
        return planned_by(where, {*telling, *OFTEN})
    parts: list[str] = ["1"]
    values: list[Any] = []
    for w in where:
        if isinstance(w, Selected):
            parts.append(f"id IN ({w.query[0]})")
            values.extend(w.query[1])
        elif w.either:
            groups = [condition(group) for group in w.either]
            parts.append(f"({' OR '.join(f'({clause})' for clause, _ in groups)})")
            values.extend(value for _, held in groups for value in held)
        elif w.value is None:
            parts.append(f'"{w.field}" IS {"" if w.op == "=" else "NOT "}NULL')
        elif w.op == "in":
            chosen = cast(tuple[Value, ...], w.value)
            parts.append(f'"{w.field}" IN ({", ".join("?" * len(chosen))})')
            values.extend(chosen)
        elif w.op == "begins":
            # The words are a list in JSON, so each follows a quotation mark.
            parts.append(f'instr("{w.field}", ?) > 0')
            values.append(json.dumps(w.value, ensure_ascii=False)[:-1])
        else:
            parts.append(f'"{w.field}" {w.op} ?')
            values.append(w.value)
    return " AND ".join(parts), values


def tells(where: Sequence[Where], telling: Sequence[str]) -> bool:
    """Return whether a field of `telling` must have a value, so that only few records can match."""
    return any(w.field in telling and w.op == "=" and w.value for w in where)


def planned_by(where: Sequence[Where], shown: Collection[str]) -> Clause:
    """Return conditions of which SQLite's planner sees only those on the fields `shown`."""
    clause, first = condition([w for w in where if w.field in shown])
    rest, then = condition([w for w in where if w.field not in shown])
    return f"{clause} AND +({rest})", first + then


def by(order: Order) -> str:
    """Return an order as SQL: its field, then the id in the same direction."""
    way = "DESC" if order.descending else "ASC"
    return f'"{order.field}" {way}, id {way}' if order.field != "id" else f"id {way}"


def beyond(asked: Clause, order: Order, after: Position | None) -> Clause:
    """Return conditions together with the one for what comes after a position in an order."""
    if after is None:
        return asked
    sign = "<" if order.descending else ">"
    return f'{asked[0]} AND ("{order.field}", id) {sign} (?, ?)', [*asked[1], after.value, after.id]


def first_of_each(
    kind: type[Record], clauses: Sequence[Clause], order: Order, limit: int
) -> Clause:
    """Return the condition for the first records that meet any of several conditions. The first ids
    of each come from an index alone; of all of them only the first records are read."""
    field, sorted_by = f'"{order.field}"', by(order)
    # A record may meet several: it counts once.
    each = " UNION ".join(
        f"SELECT * FROM (SELECT {field}, id FROM {kind.table} WHERE {c} ORDER BY {sorted_by} "
        "LIMIT ?)"
        for c, _ in clauses
    )
    values = [v for _, given in clauses for v in [*given, limit]]
    return f"id IN (SELECT id FROM ({each}) ORDER BY {sorted_by} LIMIT ?)", [*values, limit]


def among_first(kind: type[Record], of: Clause, wanted: Clause, order: Order, count: int) -> Clause:
    """Return the condition for records that meet `wanted` among the first `count` records that meet
    `of`, in an order."""
    first = f"SELECT id FROM {kind.table} WHERE {of[0]} ORDER BY {by(order)} LIMIT ?"
    return f"id IN ({first}) AND +({wanted[0]})", [*of[1], count, *wanted[1]]


def index_through(
    kind: type[Record], equal: Collection[str], field: str, order: Order
) -> tuple[str, ...]:
    """Return the index that has the records of each value of `field` in an order, given one value
    for each field of `equal`; () for none."""
    for index in declared_by(kind).indexes:
        at = index.index(field) if field in index else len(index)
        if {*index[:at]} <= {*equal} and index[at + 1 : at + 2] == (order.field,):
            return index
    return ()


def word_range(begun: str) -> list[Where]:
    """Return the conditions for words that begin with `begun`."""
    return [Where("word", ">=", begun), Where("word", "<", f"{begun}\U0010ffff")]


def texts_like(w: Where) -> list[Where]:
    """Return the conditions for the texts of a list that "begins" or "has" asks for."""
    return word_range(str(w.value)) if w.op == "begins" else [Where("word", "=", w.value)]


def positive_conditions(where: Sequence[Where]) -> list[Where]:
    """Return the conditions, with each flag that must be false required to be true instead."""
    return [replace(w, value=True) if w.value is False else w for w in where]


def telling_fields(kind: type[Record]) -> tuple[str, ...]:
    """Return a kind's fields of which each value has few records."""
    return declared_by(kind).telling


class Ways:
    """Conditions in the form that the adapter runs; `rows` runs a query on the same file."""

    def __init__(self, rows: Callable[[str, Sequence[Any]], list[Any]]) -> None:
        self.rows = rows

    def resolved(self, kind: type[Record], where: Sequence[Where]) -> list[Where]:
        """Return conditions without those on lists of texts: these become queries on the table of
        the texts. Of alternatives only those are left for which the list's counter has a text, so
        that a query costs nothing more where no record has one."""
        same = [w for w in where if w.op == "=" and not w.either]
        found: list[Where] = []
        for w in where:
            if not w.either:
                found.append(self.by_list(kind, w, same))
                continue
            groups = [self.resolved_group(kind, group, same) for group in w.either]
            left = [group for group in groups if NEVER not in group]
            found += left[0] if len(left) == 1 else [Where.any(*left)] if left else [NEVER]
        return found

    def resolved_group(
        self, kind: type[Record], group: Sequence[Where], same: Sequence[Where]
    ) -> list[Where]:
        """Return an alternative's conditions like `resolved`, given those that hold in any case."""
        given = {w.field for w in group}
        held = [w for w in same if w.field not in given]
        return self.resolved(kind, [*held, *group])[len(held) :]

    def by_list(self, kind: type[Record], w: Where, same: Sequence[Where]) -> Where:
        """Return a condition on a list of `listed` as a query of ids; others as they are. It is
        NEVER where no record can meet it."""
        group = next((g for g in declared_by(kind).listed if g[-1] == w.field), None)
        if group is None or w.op not in {"begins", "has"}:
            return w
        table = list_table(kind, group)
        clause, values = condition([*(s for s in same if s.field in group[:-1]), *texts_like(w)])
        if not self.rows(f"SELECT 1 FROM {table}_count WHERE {clause} LIMIT 1", values):
            return NEVER
        return Selected("id", "in", (), (), (f"SELECT id FROM {table} WHERE {clause}", values))

    def count_texts(
        self, kind: type[Record], where: Sequence[Where], field: str
    ) -> dict[Value, int] | None:
        """Return how many matching records have each text of a list; None where the field is no
        list."""
        group = next((g for g in lists_of(kind) if g[-1] == field), None)
        if group is None:
            return None
        table, keys = list_table(kind, group), group[:-1]
        same = [w for w in where if w.op == "=" and w.field in keys]
        clause, values = condition(same)
        known = f"FROM {table}_count WHERE {clause}"
        if len(same) < len(where) and self.rows(f"SELECT 1 {known} LIMIT 1", values):
            asked, given = self.narrowed(kind, self.resolved(kind, where))
            among = f"id IN (SELECT id FROM {kind.table} WHERE {asked})"
            sql = f"SELECT word, count(*) FROM {table} WHERE {clause} AND {among} GROUP BY word"
            return dict(self.rows(sql, [*values, *given]))
        return dict(self.rows(f"SELECT word, sum(n) {known} GROUP BY word", values))

    def in_groups(self, kind: type[Record], where: Sequence[Where]) -> list[list[Where]]:
        """Return the alternatives that conditions offer, one list for each: those of the first
        `either` with a query of ids. A list of the conditions alone where there is none."""
        for w in where:
            if any(isinstance(c, Selected) for group in w.either for c in group):
                rest = [c for c in where if c is not w]
                return [[*rest, *group] for group in w.either]
        return [list(where)]

    def narrowed(self, kind: type[Record], where: Sequence[Where]) -> Clause:
        """Return conditions as SQL; where they ask for a word that few records have, only those
        records are examined."""
        few = self.with_rarest_word(kind, where)
        clause, values = condition(where, telling_fields(kind))
        if few is None:
            return clause, values
        return f"id IN (SELECT value FROM json_each(?)) AND +({clause})", [json.dumps(few), *values]

    def with_rarest_word(self, kind: type[Record], where: Sequence[Where]) -> "list[str] | None":
        """Return the ids of the records that have the rarest of the words asked for. None where no
        word is asked for, or every one is common."""
        same = {w.field: w.value for w in where if w.op == "="}
        keys, words = declared_by(kind).worded[:-1], declared_by(kind).worded[-1:]
        begun = [str(w.value) for w in where if w.op == "begins" and w.field in words]
        if not begun or not all(key in same for key in keys):
            return None
        held = [Where(key, "=", same[key]) for key in keys]
        asked = [condition([*held, *word_range(w)]) for w in begun]
        sql = f"SELECT DISTINCT id FROM {kind.table}_words WHERE "
        found = [self.rows(f"{sql}{c} LIMIT ?", [*given, FEW + 1]) for c, given in asked]
        fewest = min(found, key=len)
        return [str(row[0]) for row in fewest] if len(fewest) <= FEW else None

    def with_word(self, kind: type[Record], where: Sequence[Where]) -> int | None:
        """Return how many records have the word asked for, whether or not they meet the flag, from
        the table of words alone. None where the conditions are not one word and one flag that must
        be false, or where several words begin so and few records have one of them."""
        keys = declared_by(kind).worded[:-1]
        asked = [w for w in where if w.field not in keys]
        begun = [str(w.value) for w in asked if w.op == "begins"]
        flags = [w for w in asked if w.op == "=" and w.value is False]
        if (len(begun), len(flags), len(asked)) != (1, 1, 2):
            return None
        same = [w for w in where if w.field in keys]
        clause, values = condition([*same, *word_range(begun[0])])
        words = f"{kind.table}_words"
        told = self.rows(f"SELECT n FROM {words}_count WHERE {clause} LIMIT 2", values)
        if len(told) == 1:
            return int(told[0][0])
        if self.with_rarest_word(kind, where) is not None:
            return None
        # A record may have several words that begin so.
        sql = f"SELECT count(DISTINCT id) FROM {words} WHERE {clause}"
        return int(self.rows(sql, values)[0][0])

    def tries(
        self,
        kind: type[Record],
        where: Sequence[Where],
        order: Order,
        after: Position | None,
        limit: int,
    ) -> Iterator[Clause]:
        """Yield conditions for the first `limit` records in an order: first those that may find
        them among the records that come first, then those that find all."""
        first, share = self.met_often(kind, where, order)
        if share:
            of = beyond(condition(first), order, after)
            rest = condition([w for w in where if w not in first])
            count = (limit + 4 * limit**0.5) / share  # seldom too few if evenly spread
            yield among_first(kind, of, rest, order, int(count))
        groups, branches = self.in_groups(kind, where), list[list[Where]]()
        for group in groups:
            split = self.in_branches(kind, group, order)
            branches += [group] if split is None else split
        if len(branches) > MOST_ALTERNATIVES:
            branches = groups
        if branches:
            each = [beyond(self.narrowed(kind, one), order, after) for one in branches]
            yield first_of_each(kind, each, order, limit) if len(each) > 1 else each[0]

    def met_often(
        self, kind: type[Record], where: Sequence[Where], order: Order
    ) -> tuple[list[Where], float]:
        """Return the conditions after which an index is in the requested order, and the share of
        the remaining records that meet the other conditions too. The share is 0 where no index is
        in that order, no condition is a range, or fewer than one in MET_OFTEN match."""
        fields = {w.field for w in where}
        if not any(w.op == ">=" for w in where) or self.counter_for(kind, fields) is None:
            return [], 0.0
        same = [w for w in where if w.op == "="]
        for index in declared_by(kind).indexes:
            before = {*index[: index.index(order.field)]} if order.field in index else set()
            first = [w for w in same if w.field in before]
            if not before or {w.field for w in first} != before:
                continue
            share = self.reckoned(kind, where) / max(self.reckoned(kind, first), 1)
            return first, share if share * MET_OFTEN >= 1 else 0.0
        return [], 0.0

    def reckoned(self, kind: type[Record], where: Sequence[Where]) -> int:
        """Return how many match, from the counter that covers the conditions' fields."""
        counter = self.counter_for(kind, {w.field for w in where})
        clause, values = condition(where)
        sql = f"SELECT coalesce(sum(n), 0) FROM {counter} WHERE {clause}"
        return int(self.rows(sql, values)[0][0])

    def in_branches(
        self, kind: type[Record], where: Sequence[Where], order: Order
    ) -> list[list[Where]] | None:
        """Split a range of a field into one list of conditions per value, where an index has each
        value's records in the requested order. Then the first records of each value contain the
        first of all. None where no index fits, there are too many values, or another condition
        leaves few records anyway."""
        if any(w.op == "begins" for w in where) or tells(where, telling_fields(kind)):
            return None
        ends = {w.field for w in where if w.op == ">="} & {w.field for w in where if w.op == "<"}
        same = [w for w in where if w.op == "="]
        for field in ends:
            equal = {w.field for w in same}
            index = index_through(kind, equal, field, order)
            counter = self.counter_for(kind, {*equal, field})
            if not index or counter is None:
                continue
            range_of = [w for w in where if w.field == field]
            clause, values = condition([*same, *range_of])
            sql = f'SELECT DISTINCT "{field}" FROM {counter} WHERE {clause} LIMIT ?'
            found = self.rows(sql, [*values, MOST_BRANCHES + 1])
            rest = [w for w in where if w.field != field]
            if len(found) <= MOST_BRANCHES:
                return [[*rest, Where(field, "=", row[0])] for row in found]
        return None

    def counter_for(self, kind: type[Record], names: set[str]) -> str | None:
        """Return the counter table that covers all of these fields, None where there is none."""
        number = counter_for(kind, names)
        return None if number is None else f"{kind.table}_count{number}"
