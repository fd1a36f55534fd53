"""A taxon keeps every field, through whatever it is copied."""

from dataclasses import fields, replace

import pytest

from biosight.inference.model_files.card import CardTaxon
from biosight.own_names.known import KnownTaxon, known_from
from biosight.taxa.naming import renamed_tree
from biosight.taxa.tree import KEPT_FIELDS, Taxon

TOP = Taxon("Aves")
OWL = Taxon(**{f.name: f"own {f.name}" for f in fields(Taxon)})
OWL = replace(OWL, id="Strix", parent="Aves")


def differing(copy: Taxon) -> set[str]:
    """The fields that a copy of OWL has otherwise."""
    return {f.name for f in fields(Taxon) if getattr(copy, f.name) != getattr(OWL, f.name)}


def test_a_collection_keeps_it_whole() -> None:
    kept = known_from("c", OWL, source="a list")
    assert (kept.label, kept.source, kept.collection) == ("Strix", "a list", "c")
    assert kept.taxon == OWL


@pytest.mark.parametrize("kind", [KnownTaxon, CardTaxon])
def test_what_keeps_one_has_its_fields(kind: type) -> None:
    names = getattr(kind, "model_fields", None) or {f.name for f in fields(kind)}
    assert set(KEPT_FIELDS) <= set(names)


def test_a_card_hands_it_on_whole() -> None:
    said = {name: getattr(OWL, name) for name in KEPT_FIELDS}
    assert CardTaxon(id="Strix", **said).taxon == OWL


def test_another_name_changes_the_name_alone() -> None:
    assert differing(renamed_tree([TOP, OWL], {"Strix": "Owl"})["Owl"]) == {"id"}
    assert differing(renamed_tree([TOP, OWL], {"Aves": ""})["Strix"]) == {"parent"}
