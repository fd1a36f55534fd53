"""Routes declare how large a body they take; all others take a megabyte."""

from starlette.testclient import TestClient

from biosight.images.file_types import MEGABYTE
from biosight.settings import Settings
from biosight.web.app import PARTS
from biosight.web.body_limits import COMMON, BodyLimits
from biosight.web.security import API
from tests.conftest import first_collection

SETTINGS = Settings(max_file_mb=30)
LIMITS = BodyLimits((part.router for part in PARTS), API, SETTINGS)


def megabytes(method: str, path: str) -> int:
    return LIMITS.of({"type": "http", "method": method, "path": f"{API}{path}"}).most // MEGABYTE


def test_what_takes_files_says_so() -> None:
    sizes = {
        ("POST", "/collections/c/images"): 31,
        ("POST", "/collections/c/names/checklist"): 31,
        ("POST", "/collections/c/names/checklist/preview"): 31,
        ("POST", "/collections/c/names/checklist/answerable"): 31,
        ("POST", "/collections/c/deployments/table"): 21,
        ("POST", "/collections/c/deployments/table/preview"): 21,
        ("POST", "/collections/c/layers"): 11,
        ("POST", "/collections/c/parcels"): 2001,
        ("POST", "/models"): 501,
        ("POST", "/detectors"): 501,
    }
    assert {key: megabytes(*key) for key in sizes} == sizes
    assert len(LIMITS.declared) == len(sizes)


def test_nothing_else_has_more_than_a_megabyte() -> None:
    """A path that only looks like one of them had its limit too."""
    for method, path in (
        ("GET", "/collections/c/images"),
        ("POST", "/collections/c/acts/names/checklist"),
        ("POST", "/collections/c/deployments"),
        ("POST", "/models/organisms@4/promote"),
    ):
        assert megabytes(method, path) == COMMON.most // MEGABYTE == 1


def test_a_table_between_one_and_twenty_megabytes_is_read(ada: TestClient) -> None:
    rows = "deploymentID,deploymentComments\n" + f"A,{'x' * 100_000}\n" * 12
    files = {"file": ("table.csv", rows.encode())}
    path = f"{API}/collections/{first_collection(ada)}/deployments/table/preview"
    assert ada.post(path, files=files).status_code == 200
