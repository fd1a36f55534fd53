"""The JSON API's routes of people."""
