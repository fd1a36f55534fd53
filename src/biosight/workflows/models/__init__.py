"""Workflows of models: add, check, try on, teach, and classify again."""
