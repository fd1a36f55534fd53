"""The JSON API's routes of models."""
