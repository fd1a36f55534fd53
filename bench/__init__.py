"""Benchmarks; see README.md. Never timed tests."""
