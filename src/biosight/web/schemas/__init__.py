"""JSON that the API accepts and returns, where several routes share it."""
