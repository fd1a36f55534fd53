"""Workflows that import other programs' files, and export what people own or publish."""
