import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from biosight.gallery.naming import DEVICES, UniqueNames, clean_part, file_name

TEXT = st.text(max_size=400)


@given(TEXT)
def test_a_part_is_safe_everywhere(text: str) -> None:
    part = clean_part(text, "x")
    assert part
    assert part not in {".", ".."}
    assert not set('<>:"/\\|?*') & set(part)
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Cf"} for c in part)
    assert part[-1] not in " ."
    assert not DEVICES.fullmatch(part.split(".")[0])
    assert len(part.encode()) <= 185
    assert part == unicodedata.normalize("NFC", part)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=40))
def test_paths_stay_apart_on_any_file_system(names: list[tuple[str, str]]) -> None:
    unique = UniqueNames()
    paths = [unique.take(clean_part(a, "x"), file_name(b, "image/png")) for a, b in names]
    folded = [unicodedata.normalize("NFC", p).casefold() for p in paths]
    assert len(set(folded)) == len(paths)
    assert all(p.count("/") == 1 for p in paths)


def test_examples() -> None:
    assert clean_part("CON", "x") == "_CON"
    assert clean_part("con.jpg", "x") == "_con.jpg"
    assert clean_part("../../etc/passwd", "x") == "_.._etc_passwd"
    assert clean_part("...", "x") == "x"
    assert file_name("C:\\photos\\a.jpg", "image/jpeg") == "a.jpg"
    assert file_name("a", "image/png") == "a.png"
    unique = UniqueNames()
    assert [unique.take("f", n) for n in ("a.jpg", "A.JPG", "a.jpg")] == [
        "f/a.jpg",
        "f/A (2).JPG",
        "f/a (3).jpg",
    ]
