"""Stores of facts (Records) and of bytes (Blobs)."""
