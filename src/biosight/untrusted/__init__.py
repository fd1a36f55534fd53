"""Files that may be hostile: read in a separate process within limits; zips that must pass
checks."""
