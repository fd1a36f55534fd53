"""The JSON API under /api/v1: one file per noun, with its models beside the routes."""
