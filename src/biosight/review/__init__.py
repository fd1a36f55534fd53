"""Answers and acts of people: acts with history and undo, and the review queue.

Not here: what the machine says (intake), or who may act where (membership).
"""
