"""Training data: pictures, labels, and the tree of names above them."""
