"""Bytes of pictures on their way in and out."""
