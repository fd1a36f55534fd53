"""Threads of the server that work without being asked."""
