"""Workflows of sites and deployments, one by one or as a table."""
