"""What people say and do: acts with history and undo, and the review queue.

Not here: what the machine says (intake), or who may act where (membership).
"""
