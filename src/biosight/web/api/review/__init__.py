"""The JSON API's routes of review."""
