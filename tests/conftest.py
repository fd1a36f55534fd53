"""Fixtures: a tiny real model, an open BioSight in a temporary folder, signed-in clients."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from biosight import bootstrap
from biosight.bootstrap import BioSight, open_biosight
from biosight.cli import main
from biosight.inference.sandbox.decoding import Decoders
from biosight.settings import Settings
from biosight.storage.records import Records
from biosight.web.app import create_app
from tests import tiny
from tests.quick import quick
from tests.stores import open_empty, open_mocked

PASSWORD = "seven quiet herons"
ORIGIN = {"Origin": "http://testserver"}


def require(there: bool, what: str, install: str) -> None:
    """Skip loudly, or fail where BIOSIGHT_TEST_REQUIRE=all says that all must run."""
    if there:
        return
    words = f"{what} is missing: {install}"
    if os.environ.get("BIOSIGHT_TEST_REQUIRE") == "all":
        pytest.fail(words)
    pytest.skip(words)


def require_torch() -> None:
    require(find_spec("torch") is not None, "PyTorch", "make train-env")


def require_chromium() -> str:
    path = shutil.which("chromium")
    require(path is not None, "Chromium", "apt-get install chromium")
    assert path is not None
    return path


class Shared(Decoders):
    """Decode processes that outlive whoever opened them."""

    def close(self) -> None:
        pass


@pytest.fixture(scope="session", autouse=True)
def one_decoder() -> Iterator[None]:
    """Hundreds of tests open a BioSight each; they need no new process each."""
    shared = Shared(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "Decoders", lambda _=None: shared)
        yield
    Decoders.close(shared)


@pytest.fixture(scope="session", autouse=True)
def quick_app() -> Iterator[None]:
    """Thousands of tests open an app; see tests/quick.py for what it leaves out."""
    with quick():
        yield


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    tiny.make_model(folder)
    return folder


@pytest.fixture
def database() -> str:
    """The address of the test's own database, "" for the SQLite file in its data folder."""
    return database_url()


@pytest.fixture
def settings(tmp_path: Path, model_dir: Path, database: str) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        model_dir=model_dir,
        decoders=1,
        threads=1,
        database_url=database,
    )


def database_url() -> str:
    """The address of a new database on mongodb or mongomock, as BIOSIGHT_TEST_STORE says; "" for
    SQLite."""
    if os.environ.get("BIOSIGHT_TEST_STORE") == "mongomock":
        return f"mongodb://mongomock/t{secrets.token_hex(6)}"
    if os.environ.get("BIOSIGHT_TEST_STORE") != "mongodb":
        return ""
    url = os.environ["BIOSIGHT_TEST_MONGODB_URL"].rstrip("/")
    return f"{url}/t{secrets.token_hex(6)}"


@pytest.fixture(autouse=True, scope="session")
def mongomock_serves() -> Iterator[None]:
    """With BIOSIGHT_TEST_STORE=mongomock the whole app of this process runs on mongomock."""
    if os.environ.get("BIOSIGHT_TEST_STORE") != "mongomock":
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("biosight.storage.mongo.store.open_mongo", open_mocked)
        yield


@pytest.fixture(params=["sqlite", "mongomock"])
def records(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Records]:
    """An empty store of each kind; a file with a store of its own has a fixture of this name."""
    opened = open_empty(request.param, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def biosight(settings: Settings) -> Iterator[BioSight]:
    opened = open_biosight(settings)
    yield opened
    opened.close()


@pytest.fixture
def client(biosight: BioSight) -> Iterator[TestClient]:
    """Nobody is signed in."""
    app = create_app(biosight, housekeeping=False)
    with TestClient(app, headers=ORIGIN, raise_server_exceptions=False) as opened:
        yield opened


def sign_up(client: TestClient, email: str, invitation: str = "") -> str:
    """Register and return the id of the first collection."""
    body = {"email": email, "password": PASSWORD, "name": email.split("@")[0]}
    body |= {"invitation": invitation}
    answer = client.post("/api/v1/register", json=body)
    assert answer.status_code == 201, answer.text
    first: str = client.get("/api/v1/collections").json()[0]["id"]
    return first


@pytest.fixture
def ada(client: TestClient) -> TestClient:
    """The first account, an administrator."""
    sign_up(client, "ada@example.org")
    return client


@pytest.fixture
def another(biosight: BioSight, ada: TestClient) -> Iterator[Callable[[str], TestClient]]:
    """Makes further signed-in people, invited by ada."""
    opened: list[TestClient] = []

    def make(email: str) -> TestClient:
        link = ada.post("/api/v1/admin/invitations", json={}).json()["path"]
        client = TestClient(ada.app, headers=ORIGIN, raise_server_exceptions=False)
        body = {"email": email, "password": PASSWORD, "invitation": link.split("#")[1]}
        answer = client.post("/api/v1/register", json=body)
        assert answer.status_code == 201, answer.text
        opened.append(client)
        return client

    yield make
    for one in opened:
        one.close()


def first_collection(client: TestClient) -> str:
    first: str = client.get("/api/v1/collections").json()[0]["id"]
    return first


def upload(
    client: TestClient, collection: str, content: bytes, name: str = "a.jpg", **fields: str
) -> dict[str, object]:
    """Upload and return the answer, which must be a success."""
    answer = client.post(
        f"/api/v1/collections/{collection}/images", files={"file": (name, content)}, data=fields
    )
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, object] = answer.json()
    return found


def upload_ids(client: TestClient, collection: str, *labels: str) -> list[str]:
    """Upload one picture of each colour label; their ids."""
    ids = []
    for seed, label in enumerate(labels):
        answer = upload(client, collection, tiny.picture(label, seed), f"{label}{seed}.jpg")
        image = answer["image"]
        assert isinstance(image, dict)
        ids.append(str(image["id"]))
    return ids


@pytest.fixture
def run(tmp_path: Path, model_dir: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> "Run":
    """Commands on the same archive as the fixture `settings`."""
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BIOSIGHT_DATABASE_URL", database)
    monkeypatch.setenv("BIOSIGHT_MODEL_DIR", str(model_dir))
    monkeypatch.setenv("BIOSIGHT_DECODERS", "1")
    return Run()


class Run:
    """Runs a command and asserts its exit code."""

    def __call__(self, *words: object, code: int = 0, input: str | None = None) -> Result:
        said = [str(w) for w in words]
        result = CliRunner().invoke(main, said, input=input, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result


def add_ada(run: Run) -> None:
    run("user", "add", "ada@example.org", "--password", PASSWORD)
