"""Trees of names: lines, what is below, common ancestors, and acts that keep a tree a tree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biosight.errors import BadRequest
from biosight.taxa import paths
from biosight.taxa.naming import Naming, alike, renamed_tree
from biosight.taxa.ranks import RANKS, rank_of, stands_above
from biosight.taxa.tree import Taxon, Tree

FEW = (
    Taxon("Animalia", "Animalia", "kingdom"),
    Taxon("Arthropoda", "Arthropoda", "phylum", "Animalia"),
    Taxon("Insecta", "Insecta", "class", "Arthropoda", "insects"),
    Taxon("Lepidoptera", "Lepidoptera", "order", "Insecta", "butterflies and moths"),
    Taxon("Odonata", "Odonata", "order", "Insecta"),
    Taxon("Aves", "Aves", "class", "Animalia", "birds"),
    Taxon("egg mass"),
)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A tree of up to 30 names, in any order, some of them awkward."""
    names = draw(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=30, unique=True))
    taxa = [Taxon(names[0])]
    for number, name in enumerate(names[1:], 1):
        parent = draw(st.sampled_from(["", *names[:number]]))
        taxa.append(Taxon(name, parent=parent))
    return Tree(draw(st.permutations(taxa)))


def sound(tree: Tree) -> None:
    """Every line ends at its taxon, begins at a root, and is the parent's line and itself."""
    for taxon in tree:
        line = tree.line(taxon.id)
        assert line[-1] == taxon.id
        assert tree.taxa[line[0]].parent == ""
        assert line[:-1] == tree.line(taxon.parent)
    assert sum(len(c) for c in tree.children.values()) == len(tree)


@settings(deadline=None)
@given(trees(), st.data())
def test_moves_keep_a_tree_and_all_that_hangs_below(tree: Tree, data: st.DataObject) -> None:
    ids = sorted(tree.taxa)
    id, parent = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(["", *ids]))
    below = set(tree.below(id))
    if parent and tree.is_below(parent, id):
        with pytest.raises(BadRequest):
            tree.move(id, parent)
        return
    moved = tree.move(id, parent)
    sound(moved)
    assert set(moved.below(id)) == below
    assert moved.taxa[id].parent == parent
    assert moved.move(id, tree.taxa[id].parent) == tree


@settings(deadline=None)
@given(trees(), st.data())
def test_a_path_says_all_of_a_line_and_its_range_is_what_is_below(
    tree: Tree, data: st.DataObject
) -> None:
    all_paths = {id: paths.as_path(tree.line(id)) for id in tree.taxa}
    assert {id: paths.line_of(path) for id, path in all_paths.items()} == {
        id: tree.line(id) for id in tree.taxa
    }
    upper = data.draw(st.sampled_from(sorted(tree.taxa)))
    start = all_paths[upper]
    within = {id for id, path in all_paths.items() if start <= path < paths.end_below(start)}
    assert within == set(tree.below(upper))
    for id, path in all_paths.items():
        related = tree.is_below(id, upper) or tree.is_below(upper, id)
        assert paths.agree(path, start) == related


@settings(deadline=None)
@given(trees(), st.data())
def test_the_common_ancestor_is_above_all_and_the_lowest(tree: Tree, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(sorted(tree.taxa)), min_size=1, max_size=4))
    found = tree.common(some)
    above = [set(tree.line(id)) for id in some]
    shared = set.intersection(*above)
    assert (found in shared) if shared else not found
    assert not shared or all(tree.is_below(found, other) for other in shared)


@settings(deadline=None)
@given(trees(), st.data())
def test_merging_renaming_and_removing_lose_nothing_below(tree: Tree, data: st.DataObject) -> None:
    ids = sorted(tree.taxa)
    gone, kept = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    removed = tree.remove(gone)
    sound(removed)
    assert set(removed.taxa) == set(tree.taxa) - {gone}
    fresh = "".join(ids) + "new"
    renamed = tree.rename(gone, fresh)
    sound(renamed)
    assert set(renamed.below(fresh)) == set(tree.below(gone)) - {gone} | {fresh}
    if tree.is_below(kept, gone):
        with pytest.raises(BadRequest):
            tree.merge(gone, kept)
        return
    merged = tree.merge(gone, kept)
    sound(merged)
    assert set(tree.below(gone)) - {gone} <= set(merged.below(kept))


def test_what_is_no_tree_is_refused() -> None:
    with pytest.raises(BadRequest, match="not there"):
        Tree([Taxon("Aves", parent="Chordata")])
    with pytest.raises(BadRequest, match="below itself"):
        Tree([Taxon("a", parent="b"), Taxon("b", parent="a")])
    tree = Tree(FEW)
    with pytest.raises(BadRequest):
        tree.add(Taxon("Aves"))
    with pytest.raises(BadRequest):
        tree.move("Dodo", "")
    with pytest.raises(BadRequest):
        tree.rename("Aves", "Insecta")
    with pytest.raises(BadRequest):
        tree.merge("Insecta", "Lepidoptera")
    with pytest.raises(BadRequest):
        tree.remove("Dodo")


def test_ranks() -> None:
    tree = Tree(FEW)
    assert tree.ranked("Lepidoptera", "class") == "Insecta"
    assert tree.ranked("Aves", "order") == ""
    assert [rank_of(w) for w in ("Division", " ORDO ", "ssp.", "clade")] == [
        "phylum",
        "order",
        "subspecies",
        "clade",
    ]
    assert stands_above("family", "genus")
    assert not stands_above("genus", "family")
    assert stands_above("clade", "family")
    assert len(set(RANKS)) == len(RANKS)


def test_the_names_of_a_collection_are_its_own() -> None:
    taxa = renamed_tree(FEW, {"Aves": "Vögel", "Arthropoda": "", "Odonata": "Lepidoptera"})
    tree = Tree(taxa.values())
    naming = Naming({"Aves": "Vögel", "Arthropoda": ""}, tree)
    assert naming.path("Vögel") == "/Animalia/Vögel/"
    assert tree.taxa["Vögel"].scientific_name == "Aves"
    assert naming.path("Lepidoptera") == "/Animalia/Insecta/Lepidoptera/"
    assert naming.path("Fox / hen") == "/Fox %2F hen/"
    assert naming.path("") == ""
    assert (naming.shown("Aves"), naming.shown("Arthropoda"), naming.own) == (
        "Vögel",
        "",
        {"Vögel": "Aves"},
    )


@settings(deadline=None)
@given(st.permutations(FEW), st.dictionaries(st.sampled_from([t.id for t in FEW]), st.text()))
def test_any_renaming_leaves_a_tree(taxa: list[Taxon], renamed: dict[str, str]) -> None:
    made = renamed_tree(taxa, renamed)
    lost = [t for t in made.values() if t.parent and t.parent not in made]
    assert not lost
    Tree(made.values())


def test_twins_are_alike() -> None:
    assert alike("Épinoche ") == alike("épinoche") == alike("E\u0301PINOCHE") == "epinoche"
    assert alike("Straße") == alike("STRASSE")
    assert alike("a  b\u00a0c") == "a b c"
