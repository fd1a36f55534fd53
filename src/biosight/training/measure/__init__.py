"""Quality of a network: figures by label and by level of the tree."""
