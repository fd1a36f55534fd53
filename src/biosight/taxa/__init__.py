"""Names of organisms as a tree: what lies below what, and where a name belongs.

Not here: what a picture is called (labels.py), or how sure a model is (inference/rollup.py).
"""
