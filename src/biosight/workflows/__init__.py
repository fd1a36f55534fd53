"""What needs two verbs: each workflow is called the same way by routes, commands and the worker.

Not here: who may ask for it (web/access/deps.py, web/access/rights.py), or a verb's own work
(layers below).
"""
