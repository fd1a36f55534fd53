"""Parcels: files of data that a person sends to import, looked into first, then imported by a job.

Not here: the meaning of their contents (workflows/exchange), or single pictures (intake).
"""
