"""Classify and embed pictures of folders or buckets, many at once, into Parquet tables.

Each chunk of pictures has one table, written when the chunk is done. A second run does the missing
chunks, and each picture has exactly one row. Not here: collections and accounts (intake/upload.py).
"""

from biosight.bulk.chunks import Chunk, Manner, Plan, plan
from biosight.bulk.engines import run_local, run_ray

__all__ = ["Chunk", "Manner", "Plan", "plan", "run_local", "run_ray"]
