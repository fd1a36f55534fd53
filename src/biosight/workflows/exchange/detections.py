"""Results of MegaDetector and AddaxAI, read as a model's predictions for pictures in a collection.

Sources: the MegaDetector batch format (lila.science/megadetector-output-format) in JSON, which
AddaxAI writes too, and AddaxAI's results_detections.csv. Boxes are not kept: the most confident
detection names the picture. Not here: writing (foreign_predictions.py).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import Guess, clean_label
from biosight.own_names.collected import Names
from biosight.places.tables import bounded_rows, decode_text, head_of
from biosight.storage.conditions import living_images
from biosight.storage.records import Records, Where, find_all
from biosight.workflows.exchange.foreign_predictions import Told, by_path, model_name, take_told

LEAST = 0.2
MOST_BYTES, MOST_ROWS = 500_000_000, 5_000_000
# The detector's own words -> the names used here.
WORDS = {"animal": "Animalia", "person": "Human", "human": "Human", "vehicle": "Vehicle"}
EMPTY = "Empty"
BOTH = "This is neither MegaDetector's JSON nor AddaxAI's table of detections."


@dataclass(frozen=True, slots=True)
class Result:
    """One file in a table of results: its path there, and the model's answer."""

    file: str
    told: Told


def results(path: Path) -> Iterator[Result]:
    """Return the results in a file. Raises BadRequest for any other format."""
    if path.stat().st_size > MOST_BYTES:
        raise BadRequest("A file of results can be up to 500 MB.")
    text = decode_text(path.read_bytes())
    return from_json(text) if text.lstrip().startswith(("{", "[")) else from_csv(text)


def from_json(text: str) -> Iterator[Result]:
    """Yield the results of the MegaDetector batch format; pictures that failed there are left
    out."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{BOTH} It is not complete JSON.") from error
    if not isinstance(said, dict) or not isinstance(said.get("images"), list):
        raise BadRequest(BOTH)
    info = as_object(said.get("info"))
    names = (words(said, "detection_categories"), words(said, "classification_categories"))
    model = model_name(str(info.get("classifier") or info.get("detector") or "MegaDetector"))
    threshold = as_object(info.get("detector_metadata")).get("typical_detection_threshold")
    least = threshold if isinstance(threshold, int | float) else LEAST
    for image in said["images"]:
        if isinstance(image, dict) and isinstance(image.get("detections"), list):
            guesses = guesses_of(image["detections"], names, least)
            yield Result(str(image.get("file", "")), Told(model, guesses))


def as_object(said: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return said if isinstance(said, dict) else {}


def words(said: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return a table of names by number."""
    return {str(k): str(v) for k, v in as_object(said.get(key)).items()}


def guesses_of(
    detections: list[Any], names: tuple[dict[str, str], dict[str, str]], least: float
) -> tuple[Guess, ...]:
    """Return the guesses for a picture, the most confident first; Empty where no detection is
    confident enough."""
    found: dict[str, float] = {}
    surest = 0.0
    for one in detections:
        if not isinstance(one, dict) or not isinstance(one.get("conf"), int | float):
            continue
        sure = as_share(one["conf"])
        surest = max(surest, sure)
        if sure < least:
            continue
        for label, share in labels_of(one, names):
            found[label] = max(found.get(label, 0.0), sure * share)
    if not found:
        return (Guess(EMPTY, 1.0 - surest),)
    return tuple(Guess(n, c) for n, c in sorted(found.items(), key=lambda g: -g[1])[:5])


def labels_of(
    one: dict[str, Any], names: tuple[dict[str, str], dict[str, str]]
) -> list[tuple[str, float]]:
    """Return the labels of a detection: its classes with their shares, else the detector's own
    word."""
    detector, classes = names
    found = []
    pairs = one.get("classifications")
    for pair in pairs if isinstance(pairs, list) else []:
        sound = isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int | float)
        label = as_label(classes.get(str(pair[0]), "")) if sound else ""
        if label:
            found.append((label, as_share(pair[1])))
    return found or [(as_label(detector.get(str(one.get("category")), "animal")), 1.0)]


def as_label(said: str) -> str:
    """Return a name as a label here; of SpeciesNet's lists of ranks, the last part."""
    last = said.split(";")[-1].strip() or said.strip(";").split(";")[-1]
    known = WORDS.get(last.casefold(), last)
    try:
        return clean_label(known[:1].upper() + known[1:]) if known.strip() else ""
    except BadRequest:  # not usable as a label
        return ""


def from_csv(text: str) -> Iterator[Result]:
    """Yield the results of AddaxAI's tables. results_detections.csv has one row per detection;
    results_files.csv has one row per file, including files without detections."""
    mark, columns = head_of(text)
    rows = bounded_rows(text, mark, MOST_ROWS)
    if (
        not {"relative_path", "label", "confidence"} <= set(columns)
        and "n_detections" not in columns
    ):
        raise BadRequest(BOTH)
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        seen = found.setdefault(row.get("relative_path") or "", {})
        if label := as_label(row.get("label") or ""):
            seen[label] = max(seen.get(label, 0.0), as_share(row.get("confidence")))
        elif as_share(row.get("max_confidence")) >= LEAST:
            seen["Animalia"] = as_share(row.get("max_confidence"))
    for file, seen in found.items():
        best = sorted(seen.items(), key=lambda g: -g[1])[:5]
        yield Result(
            file, Told("AddaxAI", tuple(Guess(n, c) for n, c in best) or (Guess(EMPTY, 1.0),))
        )


def as_share(said: object) -> float:
    """Return a share from 0 to 1, given as a number or text; 0 if none is given."""
    if isinstance(said, int | float):
        return float(min(1.0, max(0.0, said)))
    try:
        return min(1.0, max(0.0, float(str(said or "0").replace(",", "."))))
    except ValueError:
        return 0.0


def take_results(
    records: Records, names: Names, collection: str, found: Iterator[Result]
) -> Counter[str]:
    """Keep the results for pictures in a collection. Return how many were named, known already, and
    not found by their path."""
    tally: Counter[str] = Counter()
    for result in found:
        image = by_path(records, of_that_name(records, collection, result.file), result.file)
        if image is None:
            tally["not in the collection, or there twice"] += 1
        elif take_told(records, names, image, result.told):
            tally["named"] += 1
        else:
            tally["known already"] += 1
    return tally


def of_that_name(records: Records, collection: str, file: str) -> list[Image]:
    """Return the pictures whose file name matches."""
    name = file.replace("\\", "/").rpartition("/")[2]
    return find_all(records, Image, [*living_images(collection), Where("name", "=", name)])
