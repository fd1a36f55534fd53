"""JSON as the API takes and shows it, where several routes share it."""
