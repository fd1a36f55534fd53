"""Files that may be hostile: read in a process of their own, within limits; zips with refusals."""
