"""Metadata that a file keeps about its picture: dates, places, cameras, keywords."""
