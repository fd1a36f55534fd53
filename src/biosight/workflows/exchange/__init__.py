"""Workflows that import what other programs made, and export what people own or publish."""
