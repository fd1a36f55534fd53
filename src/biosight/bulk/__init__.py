"""Classify and embed pictures of folders or buckets, many at once, into Parquet tables.

One table a chunk of pictures, written when the chunk is done: a second run does what is missing,
and each picture has exactly one row. Not here: collections and accounts (intake.py).
"""

from biosight.bulk.chunks import Chunk, Plan, plan
from biosight.bulk.engines import run_local, run_ray

__all__ = ["Chunk", "Plan", "plan", "run_local", "run_ray"]
