"""Engines that run the chunks: processes of this machine, or an existing Ray cluster through Ray
Data.

In both, an interrupted chunk is done again as a whole, and its table appears when it is done. Not
here: the work on a chunk (work.py).
"""

import socket
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

from biosight.bulk.chunks import Chunk, Manner, Plan
from biosight.errors import BadRequest
from biosight.process import cores
from biosight.process.tied import end_with

DoneChunk = tuple[int, int]
_hand: Any = None


def open_hand(source: str, model: Path, manner: Manner) -> None:
    """Open the model and decoder once in each process of this machine."""
    global _hand
    if parent := parent_process():
        end_with(parent.sentinel)
    from biosight.bulk.work import Hand

    _hand = Hand(source, model, manner)


def do_chunk(chunk: Chunk) -> DoneChunk:
    """Do one chunk in a process of the pool."""
    done: DoneChunk = _hand.do(chunk)
    return done


def run_local(plan: Plan, processes: int = 0) -> Iterator[DoneChunk]:
    """Do the plan's chunks on this machine, by default with one process per core. Yield the numbers
    of pictures and errors of each chunk when it is done."""
    with ProcessPoolExecutor(
        processes or cores.granted_cores(),
        mp_context=get_context("spawn"),
        initializer=open_hand,
        initargs=(plan.source, plan.model, plan.manner),
    ) as pool:
        for future in as_completed([pool.submit(do_chunk, chunk) for chunk in plan.chunks]):
            yield future.result()


class RayHand:
    """The same in a Ray actor: each row of the dataset is a chunk."""

    def __init__(self, source: str, model: str, manner: Manner) -> None:
        from biosight.bulk.work import Hand

        self.hand = Hand(source, Path(model), manner)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        chunk = Chunk(tuple(row["names"]), Path(row["table"]))
        pictures, errors = self.hand.do(chunk)
        return {"pictures": pictures, "errors": errors}


def check_reachable(address: str) -> None:
    """Raise BadRequest for a HOST:PORT where nothing listens; Ray itself would keep trying for
    minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), 5).close()
    except OSError as error:
        raise BadRequest(f"There is no Ray cluster at {address}.") from error


def run_ray(plan: Plan, address: str, actors: int) -> Iterator[DoneChunk]:
    """Do the plan's chunks on the Ray cluster at `address`, with at most `actors` at once.

    Source, model folder and target must have the same paths on every node. If a node dies, Ray does
    its chunks again elsewhere. Raises BadRequest if Ray is not installed or the cluster can't be
    reached.
    """
    try:
        import ray
    except ImportError as error:
        raise BadRequest("Ray is not installed: pip install -r requirements/ray.txt") from error
    if not plan.chunks:
        return
    check_reachable(address)
    try:
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False)
    except (ConnectionError, ValueError) as error:
        raise BadRequest(f"There is no Ray cluster at {address}.") from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    rows = [{"names": list(c.names), "table": str(c.table.absolute())} for c in plan.chunks]
    done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        RayHand,
        fn_constructor_args=(plan.source, str(plan.model.absolute()), plan.manner),
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=actors),
        num_cpus=1,
    )
    for row in done.iter_rows():
        yield int(row["pictures"]), int(row["errors"])
