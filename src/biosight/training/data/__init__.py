"""What networks learn from: pictures, labels, and the tree of names above them."""
