"""The parts of picture files, read from bytes as they are."""
