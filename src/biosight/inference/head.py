"""head.npz: a model's last layer as plain numbers, for taught heads and for activation maps.

Not here: fitting one (learning/head.py).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel

Floats = npt.NDArray[np.float32]
NAME = "head.npz"


@dataclass(frozen=True, slots=True)
class Head:
    """A linear layer: weight (labels, d) and bias (labels,)."""

    weight: Floats
    bias: Floats

    def logits(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """(n, d) -> (n, labels)."""
        result: Floats = embeddings.astype(np.float32) @ self.weight.T + self.bias
        return result


def read_head(folder: Path, labels: int, size: int) -> Head | None:
    """The head in a model's folder, None where there is none. Raises BadModel for other shapes."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            head = Head(arrays["weight"].astype(np.float32), arrays["bias"].astype(np.float32))
    except (OSError, ValueError, KeyError) as error:
        raise BadModel(f"{path} is not a head.") from error
    if head.weight.shape != (labels, size) or head.bias.shape != (labels,):
        raise BadModel(f"{path} does not fit its card.")
    return head


def write_head(head: Head, folder: Path) -> None:
    """Write head.npz."""
    np.savez_compressed(folder / NAME, weight=head.weight, bias=head.bias)
