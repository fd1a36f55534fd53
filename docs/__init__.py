"""The documentation; generate.py writes docs/reference from the code."""
