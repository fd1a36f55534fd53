"""Better models from what people said: heads, snapshots, the gate. PyTorch is in training."""
