"""A CSV that maps each label of a foreign classifier below a name of a tree, read into a card's
taxa.

Columns are `label` (as the network writes it) or `class` (its number, from 0), and `node`, a name
of the model's tree; scientificName and vernacularName are optional. A row without a node, and a
label without a row, is no organism: a background class. Not here: the labels' order
(cli/models/versions.py).
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from biosight.errors import BadModel
from biosight.inference.model_files.card import CardTaxon


def read_mapping(path: Path, labels: Sequence[str], name: str) -> tuple[CardTaxon, ...]:
    """Return the taxa of an expert's card: the nodes first, then the labels below them.

    If the table has a column `model`, only the rows of `name` count. Raises BadModel with the
    reason.
    """
    rows = table_rows(path)
    if rows and "model" in rows[0]:
        rows = [r for r in rows if r["model"].strip() == name]
    if not rows or "node" not in rows[0] or not {"label", "class"} & set(rows[0]):
        raise BadModel(f"{path} needs the columns node and label (or class), and a row per label.")
    nodes: dict[str, CardTaxon] = {}
    leaves: dict[str, CardTaxon] = {}
    for number, row in enumerate(rows, start=2):
        node, label = row["node"].strip(), mapped_label(row, labels, f"{path}, row {number}")
        if not node:
            continue
        nodes.setdefault(node, CardTaxon(id=node))
        said = (row.get("scientificName") or "").strip(), (row.get("vernacularName") or "").strip()
        leaves[label] = CardTaxon(
            id=label, parent=node, scientific_name=said[0], vernacular_name=said[1]
        )
    kept = {id: taxon for id, taxon in nodes.items() if id not in leaves}
    return (*kept.values(), *leaves.values())


def table_rows(path: Path) -> list[dict[str, str]]:
    """Return the table's rows by column. Raises BadModel for a file that is no table."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [{k: v or "" for k, v in row.items() if k} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadModel(f"{path} can't be read as a CSV table in UTF-8.") from error


def mapped_label(row: dict[str, str], labels: Sequence[str], where: str) -> str:
    """Return the network's label that a row means. Raises BadModel for a label that it does not
    have."""
    said = row.get("label", "").strip()
    if said in labels:
        return said
    number = row.get("class", "").strip()
    if number.isdecimal() and int(number) < len(labels):
        return labels[int(number)]
    raise BadModel(f"{where}: the network has no label {said or number}.")
