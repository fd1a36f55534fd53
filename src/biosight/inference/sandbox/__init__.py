"""The decode sandbox: child processes that read pictures, within limits."""
