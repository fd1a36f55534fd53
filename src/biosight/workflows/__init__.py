"""Workflows: work that needs two verbs. Routes, commands and the worker call each in the same way.

Not here: who may ask for it (web/access/deps.py, web/access/rights.py), or a verb's own work
(layers below).
"""
