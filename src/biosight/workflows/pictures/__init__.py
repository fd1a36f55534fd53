"""Workflows of pictures: their destinations, derived forms, groups, and changes to thousands at
once."""
