"""How good a network is: figures by label and by level of the tree."""
