"""Files of results that people send are read in a process of their own."""

import json
from pathlib import Path

import pytest

from biosight.errors import BadRequest
from biosight.untrusted.child_process import Limits
from biosight.workflows.results import results_file
from biosight.workflows.results.results_file import read_results, read_results_apart

BOX = {"category": "1", "conf": 0.9, "bbox": [0.1, 0.2, 0.3, 0.4]}
CATEGORIES = {"1": "animal"}
DETECTIONS = {
    "images": [{"file": "a/1.jpg", "detections": [BOX]}],
    "detection_categories": CATEGORIES,
    "info": {},
}
FILES = {
    "table.csv": "file,species,count\na/1.jpg,Vulpes vulpes,2\na/2.jpg,Été,1\n",
    "detections.json": json.dumps(DETECTIONS),
    "biosight.csv": "file,label,labelled_by,note,sha256\na/1.jpg,Fox,Ada,by the oak,ab\n",
}
MOST = 40_000_000


@pytest.mark.parametrize("name", FILES)
def test_results_are_the_same_from_a_child(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(FILES[name])
    program, found = read_results(path)
    told, apart = read_results_apart(path, MOST)
    assert told == program
    results = list(found)
    assert results
    assert list(apart) == results


def test_what_is_refused_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text("[" * 100_000)
    with pytest.raises(BadRequest, match="It is not complete JSON"):
        read_results_apart(path, MOST)


def test_a_file_that_needs_much_memory_ends_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was parsed in the server's own process."""
    path = tmp_path / "t.json"
    path.write_text('{"images": [' + "{}," * 5_000_000 + "{}]}")
    limits = Limits(memory=500_000_000, cpu=60, wall=60.0)
    monkeypatch.setattr(results_file, "LIMITS", limits)
    with pytest.raises(BadRequest, match="needs more memory"):
        read_results_apart(path, MOST)
