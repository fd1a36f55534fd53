"""The device that a run is computed on: this machine's processors, or an accelerator.

Not here: the providers of ONNX Runtime, which serve (inference/network.py).
"""

import torch

from biosight.errors import BadModel


def find_device(name: str) -> torch.device:
    """Return the device of a name such as "cpu", "cuda", "cuda:1" or "mps"; for "auto" the fastest
    that there is. Raises BadModel for one that this machine or this build of PyTorch lacks."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if has_mps() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadModel(f"“{name}” is no device; say cpu, cuda, cuda:1, mps or auto.") from error
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": has_mps(),
    }
    if not there.get(device.type, False):
        raise BadModel(f"PyTorch finds no {name} on this machine; leave out --device for the CPU.")
    return device


def has_mps() -> bool:
    """Return whether PyTorch can use the graphics processor of a Mac."""
    return torch.backends.mps.is_available()
