"""Workflows of jobs: all kinds of long work, and an act undone."""
