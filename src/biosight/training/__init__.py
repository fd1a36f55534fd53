"""Networks fitted, measured and exported; the only package that imports PyTorch.

Not here: heads and comparisons, which do not need it (learning).
"""
