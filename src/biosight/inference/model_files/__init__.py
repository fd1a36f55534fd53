"""A model's files: its card, its labels' mapping, and one that arrives."""
