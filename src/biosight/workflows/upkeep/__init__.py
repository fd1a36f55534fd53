"""Workflows that keep the archive whole: housekeeping, backups, checks, removal."""
