"""Bytes by key: in a folder, or in a bucket."""
