"""Commands for a server: serve, work, configure, back up and migrate."""
