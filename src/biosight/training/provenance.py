"""What made a model: the code, the packages, the machine. Not here: which pictures and parameters
did (the card says)."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("biosight", "numpy", "onnxruntime", "pillow", "scikit-learn", "scipy", "torch")


def commit() -> str:
    """The git commit of the code, "" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def surroundings() -> dict[str, str]:
    """Python, the packages that reckon, the processor and its cores, the accelerator if PyTorch
    sees one."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    found["processor"] = processor()
    found["cores"] = str(os.cpu_count())
    found["integer_products"] = integer_products()
    if accelerator := seen_by_torch():
        found["accelerator"] = accelerator
    return found


def processor() -> str:
    """The processor's name, as Linux tells it, else as Python does."""
    return told_of_cores("model name") or platform.processor() or platform.machine()


def told_of_cores(*beginnings: str) -> str:
    """What Linux tells of the first core in a line that begins so; "" where it tells nothing."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    found = (line.partition(":")[2].strip() for line in lines if line.startswith(beginnings))
    return next(found, "")


# What Linux calls instructions that multiply bytes and add up in 32 bits, which int8 gains from.
# With AVX2 alone two products are added in 16 bits first, where they may overflow.
PRODUCTS = ("amx_int8", "avx512_vnni", "avx_vnni", "i8mm", "asimddp")


def integer_products() -> str:
    """Which of PRODUCTS the processor has, "" for none or where Linux doesn't tell."""
    flags = told_of_cores("flags", "Features").split()
    return " ".join(name for name in PRODUCTS if name in flags)


def seen_by_torch() -> str:
    """The accelerator's name, "" for none or without PyTorch."""
    try:
        import torch
    except ImportError:
        return ""
    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else ""
