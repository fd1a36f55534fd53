"""Which code made a model. Not here: which pictures and parameters did (the card says)."""

import subprocess
from pathlib import Path


def commit() -> str:
    """The git commit of the code, "" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
