"""Commands for models: train, add, teach, check for drift, retrain."""
