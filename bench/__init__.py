"""Benchmarks; see README.md. They are never tests with a time limit."""
