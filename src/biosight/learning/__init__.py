"""Better models from people's labels: heads, snapshots, the gate. PyTorch is in training."""
