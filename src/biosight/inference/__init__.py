"""Inference: from a picture to scores and an embedding."""
