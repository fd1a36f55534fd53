"""Many who change one record at once: each gets their turn."""

import multiprocessing
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

from starlette.testclient import TestClient

from biosight.bootstrap import KINDS, BioSight
from biosight.images import ActItem, Image
from biosight.review.acts import change_of
from biosight.review.perform_acts import perform
from biosight.storage.patience import tries
from biosight.storage.records import Insert, Where
from biosight.storage.sqlite.store import SqliteRecords
from tests.conftest import ORIGIN, first_collection, upload_ids
from tests.publishing.test_table import IMAGE

CLIENTS, CHANGES = 16, 40


def test_forty_changes_of_one_picture_by_sixteen_are_all_made(
    ada: TestClient, biosight: BioSight
) -> None:
    """26 of 80 got a 503 (part 5 of the issue on trust)."""
    (image,) = upload_ids(ada, first_collection(ada), "Red")
    todo = iter(range(CHANGES))
    answers: Counter[int] = Counter()

    def change() -> None:
        client = TestClient(ada.app, headers=ORIGIN)
        client.cookies = ada.cookies
        while (number := next(todo, None)) is not None:
            body = {"note": f"note {number}"}
            answers[client.patch(f"/api/v1/images/{image}", json=body).status_code] += 1

    threads = [threading.Thread(target=change) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {200: CHANGES}
    items = biosight.archive.records.find(ActItem, [Where("image", "=", image)], limit=100)
    assert len({i.after.note for i in items}) == CHANGES


def change_much(path: str, name: str, many: int) -> None:
    """What one process does to the picture."""
    records = SqliteRecords(Path(path), KINDS)
    for number in range(many):
        (image,) = records.find(Image)
        done = perform(records, name, "c", change_of("note", note=f"{name} {number}"), [image])
        assert len(done.changed) == 1
    records.close()


def test_processes_let_each_other_pass(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    records = SqliteRecords(path, KINDS)
    records.write(Insert(replace(IMAGE, id="i1", collection="c")))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=change_much, args=(str(path), f"p{n}", 15)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [w.exitcode for w in workers] == [0, 0, 0]
    assert records.count(ActItem) == 45
    records.close()


def test_a_turn_that_is_never_given_back_holds_nobody_up_for_ever() -> None:
    first = tries("one")
    assert [next(first), next(first)] == [0, 1]
    second = tries("one", 2)
    assert list(second) == [0, 1]
    first.close()  # type: ignore[attr-defined]
