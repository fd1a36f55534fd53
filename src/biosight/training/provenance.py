"""The origin of a model: the code, the packages, the machine. Not here: the pictures and parameters
(the card names them)."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("biosight", "numpy", "onnxruntime", "pillow", "scikit-learn", "scipy", "torch")


def commit() -> str:
    """Return the git commit of the code, with "-dirty" where files differ from it; "" outside a
    checkout."""
    head = git("rev-parse", "HEAD")
    return f"{head}-dirty" if head and git("status", "--porcelain", "-uno") else head


def git(*words: str) -> str:
    """Return what git says in the folder of the code, "" where it fails."""
    command = ["git", "-C", str(Path(__file__).parent), *words]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def surroundings() -> dict[str, str]:
    """Return Python, the packages used in calculations, the processor and its cores, and the
    accelerator if PyTorch sees one."""
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
    """Return the processor's name from Linux, otherwise from Python."""
    return told_of_cores("model name") or platform.processor() or platform.machine()


def told_of_cores(*beginnings: str) -> str:
    """Return the first line of /proc/cpuinfo that starts with one of `beginnings`, without its
    name; "" if there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    found = (line.partition(":")[2].strip() for line in lines if line.startswith(beginnings))
    return next(found, "")


# Linux's names for instructions that multiply bytes and add up in 32 bits; they make int8 faster.
# With AVX2 alone, two products are first added in 16 bits, where they may overflow.
PRODUCTS = ("amx_int8", "avx512_vnni", "avx_vnni", "i8mm", "asimddp")


def integer_products() -> str:
    """Return the PRODUCTS that the processor has, "" if it has none or Linux does not say."""
    flags = told_of_cores("flags", "Features").split()
    return " ".join(name for name in PRODUCTS if name in flags)


def seen_by_torch() -> str:
    """Return the accelerator's name, "" if there is none or PyTorch is missing."""
    try:
        import torch
    except ImportError:
        return ""
    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else ""
