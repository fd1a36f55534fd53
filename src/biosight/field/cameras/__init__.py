"""Cameras that need a visit, from their pictures alone."""
