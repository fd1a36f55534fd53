"""BioSight sorts biological pictures into labelled folders."""

__version__ = "0.1.0"
