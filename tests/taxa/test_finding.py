"""Names are found while they are typed, as people type them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from biosight.taxa.finding import Findable, Finder
from biosight.taxa.naming import alike

NAMES = (
    Findable("Gasterosteus aculeatus", "Gasterosteus aculeatus"),
    Findable("Épinoche à trois épines", "Gasterosteus aculeatus"),
    Findable("Lepidoptera", "Lepidoptera"),
    Findable("butterflies and moths", "Lepidoptera"),
    Findable("Epinephelus", "Epinephelus"),
    Findable("Mothus", "Mothus"),
)


def labels(typed: str, limit: int = 20) -> list[str]:
    return [e.label for e in Finder(NAMES).find(typed, limit)]


def test_scientific_common_accents_and_case() -> None:
    assert labels("LEPID") == ["Lepidoptera"]
    assert labels("epin") == ["Epinephelus", "Gasterosteus aculeatus"]
    assert labels("e\u0301pines") == ["Gasterosteus aculeatus"]
    assert labels("moth") == ["Lepidoptera", "Mothus"], "a whole word or its plural comes first"
    assert labels("mothu") == ["Mothus"]
    assert labels("culea") == ["Gasterosteus aculeatus"]
    assert labels("  ") == labels("xyz") == []
    assert labels("e", limit=2) == ["Epinephelus", "Gasterosteus aculeatus"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=20), st.text(min_size=1, max_size=3))
def test_all_that_hold_it_are_found_and_nothing_else(names: list[str], typed: str) -> None:
    clean = [n for n in names if "\n" not in alike(n)]
    finder = Finder([Findable(n, f"{i}") for i, n in enumerate(clean)])
    found = {e.label for e in finder.find(typed, 100)}
    sought = alike(typed)
    assert found == {f"{i}" for i, n in enumerate(clean) if sought and sought in alike(n)}
