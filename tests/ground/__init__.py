"""Tests of biosight.ground."""
