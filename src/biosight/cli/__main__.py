"""`python -m biosight.cli`: the same as `biosight`."""

from biosight.cli import main

main()
