"""Workflows that change a collection's tree of names and its labels."""
