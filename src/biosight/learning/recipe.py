"""Values of pipeline/params.yaml: how to draw a holdout, how to train, when a candidate is good.

Not here: the stages that use them (retrain.py).
"""

from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from biosight.errors import BadRequest
from biosight.training.params import FitParams


@dataclass(frozen=True, slots=True)
class SnapshotParams:
    """`holdout` is the share of upload sessions that never teach; another `salt` draws others.

    `collection` is a name or an id; it may be empty if there is only one collection.
    """

    collection: str = ""
    holdout: float = 0.2
    salt: str = "biosight"


@dataclass(frozen=True, slots=True)
class GateParams:
    """Bounds: pictures needed for a sure verdict, losses and errors as shares, times as a ratio.

    If a model has a tree, its groups may lose `worst_group_loss`; this is checked where there are
    enough pictures. `least_right` of the answers below the group must be right, if there are at
    least `enough_said` of them.
    """

    enough: int = 800
    worst_loss: float = 0.02
    worst_loss_before: float = 0.01
    worst_ece: float = 0.05
    slowest: float = 1.5
    worst_group_loss: float = 0.005
    least_right: float = 0.9
    enough_said: int = 100


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that defines a retraining."""

    snapshot: SnapshotParams = field(default_factory=SnapshotParams)
    train: FitParams = field(default_factory=FitParams)
    gate: GateParams = field(default_factory=GateParams)


def read_recipe(path: Path | None) -> Recipe:
    """Return the recipe in a YAML file; missing values keep their defaults.

    Raises BadRequest, with the reason, for a file that is no recipe.
    """
    if path is None:
        return Recipe()
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        unknown = set(said) - set(Recipe.__slots__)
        if unknown:
            raise BadRequest(f"{path} has an unknown part: {', '.join(sorted(unknown))}.")
        return TypeAdapter(Recipe).validate_python(said)
    except (OSError, yaml.YAMLError, TypeError) as error:
        raise BadRequest(f"{path} can't be read as parameters: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{path}: {where}: {first['msg']}.") from error
