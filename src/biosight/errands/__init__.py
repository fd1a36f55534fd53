"""What needs two verbs: each errand is called alike by routes, commands and the worker.

Not here: who may ask for it (web/deps.py, web/rights.py), or a verb's own work (floor below).
"""
