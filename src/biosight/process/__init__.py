"""Processes: their cores, and children that end with their parent."""
