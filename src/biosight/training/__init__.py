"""Networks fitted, measured and exported; PyTorch lives here alone.

Not here: heads and comparisons, which need none (learning).
"""
