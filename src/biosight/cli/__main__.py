"""python -m biosight.cli"""

from biosight.cli import main

main()
