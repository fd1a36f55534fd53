"""A picture becomes scores and an embedding."""
