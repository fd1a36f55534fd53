"""Training a detector further: its ONNX file as PyTorch, scenes, loss, and the file again."""
