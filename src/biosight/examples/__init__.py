"""Example pictures, drawn in code, with which people try BioSight before they have their own."""

from biosight.examples.pictures import EXAMPLES, ExamplePicture, draw_example

__all__ = ["EXAMPLES", "ExamplePicture", "draw_example"]
