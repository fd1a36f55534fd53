"""Workflows of pictures: where they go, how they are shown, grouped and changed by thousands."""
