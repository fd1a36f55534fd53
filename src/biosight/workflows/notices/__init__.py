"""Notices of what happened: collecting it, and sending it by mail and webhook."""
