"""Parts of picture files, read directly from bytes."""
