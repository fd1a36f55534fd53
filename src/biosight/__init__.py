"""BioSight sorts biological pictures into labelled folders."""

import os

__version__ = "0.2.0"

# ONNX Runtime's wheels report use to their maker unless this is set before they are loaded; every
# entry point, child process and worker passes here first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
