"""BioSight sorts biological pictures into labelled folders."""

import os

__version__ = "0.2.0"

# ONNX Runtime's wheels send usage data to their maker unless this is set before they are loaded.
# Every entry point, child process and worker imports this module first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
