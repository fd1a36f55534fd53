"""The JSON API's routes of pictures."""
