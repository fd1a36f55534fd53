"""Answers of other programs and archives about pictures: read, matched, and put on them.

Not here: whole packages with their pictures (workflows/exchange).
"""
