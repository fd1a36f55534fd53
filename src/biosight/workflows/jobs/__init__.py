"""Workflows of jobs: the table of all kinds, and the undo of an act."""
