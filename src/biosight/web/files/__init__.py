"""Receiving and sending the bytes of pictures."""
