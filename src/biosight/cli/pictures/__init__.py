"""Commands for pictures: import, sort, classify, export and publish."""
