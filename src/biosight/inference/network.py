"""Opening an ONNX file with the provider in the settings.

Not here: the meaning of its numbers (classifier.py, expert.py).
"""

from pathlib import Path

import onnxruntime as ort

from biosight.errors import BadModel
from biosight.process import cores

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}


def check_provider(provider: str) -> str:
    """Return ONNX Runtime's name of a provider. Raises BadModel where it isn't installed."""
    name = PROVIDERS[provider]
    if name not in ort.get_available_providers():
        raise BadModel(f"The installed ONNX Runtime can't use {provider}; install one that can.")
    return name


def open_network(
    model: Path, threads: int | None = None, provider: str = "cpu"
) -> ort.InferenceSession:
    """Return an ONNX session. Raises BadModel for a damaged file or a provider that isn't
    installed."""
    name = check_provider(provider)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or cores.granted_cores()
    options.inter_op_num_threads = 1
    # Spinning threads would take the cores from the decoders between two batches.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    chosen = [name] if provider == "cpu" else [name, PROVIDERS["cpu"]]
    try:
        return ort.InferenceSession(model, options, providers=chosen)
    except Exception as error:  # ONNX Runtime has one exception type per cause, none public
        raise BadModel(f"{model} can't be opened as an ONNX model.") from error
