"""The offline edge: training, evaluation and export. PyTorch lives here alone."""
