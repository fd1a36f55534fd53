"""Folds never split an upload, a deployment or near-duplicates."""

from biosight.images import Image
from biosight.learning.teaching.folds import FOLDS, folds_of, kept_together


def image(number: int, session: str, deployment: str = "", phash: str = "") -> Image:
    """A picture of an upload; hashes differ by half of their bits unless given."""
    own = phash or f"{(number * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF:016x}"
    said = {"id": f"i{number}", "session": session, "deployment": deployment, "phash": own}
    empty = dict.fromkeys(Image.__slots__, "")
    return Image(**{**empty, **said})  # type: ignore[arg-type]


def test_uploads_deployments_and_likeness_link_pictures() -> None:
    same = "f0f0f0f0f0f0f0f0"
    pictures = [
        image(1, "a"),
        image(2, "a", "ridge"),
        image(3, "b", "ridge"),
        image(4, "c", phash=same),
        image(5, "d", phash="f0f0f0f0f0f0f0f1"),
        image(6, "e"),
    ]
    wide = [key for key, _ in kept_together(pictures)]
    assert wide[0] == wide[1] == wide[2]
    assert wide[3] == wide[4]
    assert len(set(wide)) == 3
    narrow = [key for _, key in kept_together(pictures)]
    assert narrow[3] == narrow[4]
    assert len(set(narrow)) == 5


def test_a_label_is_spread_over_the_folds() -> None:
    labels = ["Fox"] * 20 + ["Owl"] * 10
    together = [(f"upload {n % 10}", f"{n}") for n in range(30)]
    folds = folds_of(labels, together)
    assert folds.whole
    assert set(folds.number.tolist()) == set(range(FOLDS))
    uploads: dict[str, set[int]] = {}
    for (wide, _), fold in zip(together, folds.number.tolist(), strict=True):
        uploads.setdefault(wide, set()).add(fold)
    assert all(len(found) == 1 for found in uploads.values())


def test_a_label_from_one_upload_splits_it_but_no_near_duplicates() -> None:
    together = [("one upload", f"pair {n // 2}") for n in range(20)]
    folds = folds_of(["Fox"] * 20, together)
    assert not folds.whole
    numbers = folds.number.tolist()
    assert all(numbers[n] == numbers[n + 1] for n in range(0, 20, 2))
    assert len(set(numbers)) == FOLDS
