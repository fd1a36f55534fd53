"""Files of a model: its card, the mapping of its labels, and a model that arrives."""
