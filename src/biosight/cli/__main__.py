"""python -m biosight.cli"""

from biosight.cli import run

run()
