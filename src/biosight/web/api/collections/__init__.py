"""The JSON API's routes of collections."""
