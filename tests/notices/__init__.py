"""Tests of biosight.notices."""
