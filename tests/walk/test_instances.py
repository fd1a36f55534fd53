"""Two instances behind nginx, over one database and one bucket; either may die at any time."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests import tiny
from tests.conftest import PASSWORD, database_url, require
from tests.s3 import BUCKET, S3
from tests.walk.conftest import Server, free_port

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("instances"), pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]


class Site:
    """nginx, its instances and a signed-in person."""

    def __init__(self, servers: list[Server], folder: Path) -> None:
        self.servers = servers
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        (folder / "nginx.conf").write_text(configuration(port, servers, folder))
        command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        self.nginx = subprocess.Popen(command)
        self.client = httpx2.Client(base_url=self.url, headers={"Origin": self.url}, timeout=60)
        for _ in range(100):
            try:
                if self.client.get("/health").status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.1)
        raise AssertionError("nginx did not start")

    def close(self) -> None:
        self.client.close()
        self.nginx.terminate()
        self.nginx.wait(10)

    def send(self, collection: str, label: str, seed: int) -> str:
        """Upload as the browser does: once more when the connection broke. The label."""
        files = {"file": (f"{label}{seed}.jpg", tiny.picture(label, seed))}
        path = f"/api/v1/collections/{collection}/images"
        for _ in range(5):
            try:
                answer = self.client.post(path, files=files)
            except httpx2.HTTPError:
                continue
            if answer.status_code in {200, 201}:
                return str(answer.json()["label"] or answer.json()["image"]["label"])
            assert answer.status_code in {502, 503, 504}, answer.text
        raise AssertionError("not taken in")


def configuration(port: int, servers: list[Server], folder: Path) -> str:
    """nginx as deployed, on plain HTTP."""
    upstreams = "".join(f"server 127.0.0.1:{s.port} max_fails=0; " for s in servers)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
    daemon off; worker_processes 1; pid {folder}/nginx.pid;
    events {{ worker_connections 256; }}
    http {{
      access_log off; {temporary}
      upstream biosight {{ {upstreams} keepalive 8; }}
      server {{
        listen 127.0.0.1:{port};
        include {ROOT}/deploy/nginx/proxy.conf;
        location / {{ proxy_pass http://biosight; }}
      }}
    }}
    """


@pytest.fixture
def s3() -> Iterator[S3]:
    server = S3(free_port())
    yield server
    server.close()


@pytest.fixture
def site(tmp_path: Path, model_dir: Path, s3: S3) -> Iterator[Site]:
    require(shutil.which("nginx") is not None, "nginx", "apt-get install nginx-light")
    shared = {
        "BIOSIGHT_STORAGE_URL": f"s3://{BUCKET}/pictures",
        "BIOSIGHT_DATABASE_URL": database_url() or f"sqlite:///{tmp_path}/shared.db",
        "BIOSIGHT_TRUSTED_PROXIES": "127.0.0.1",
        "BIOSIGHT_PRESIGNED": "true",
        **s3.environment(),
    }
    servers = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        servers.append(Server(tmp_path / name / "data", model_dir, **shared))
        servers[-1].start()
    made = Site(servers, tmp_path)
    yield made
    made.close()
    for server in servers:
        server.close()


@pytest.mark.long
def test_either_instance_may_die(site: Site) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
    body |= {"invitation": site.servers[0].first_code}
    assert site.client.post("/api/v1/register", json=body).status_code == 201
    collection = site.client.get("/api/v1/collections").json()[0]["id"]
    colours = list(tiny.COLOURS)
    sent = 0
    for dying in (0, 1):
        for _ in range(6):
            assert site.send(collection, colours[sent % 3], sent) == colours[sent % 3]
            sent += 1
        site.servers[dying].kill()
        for _ in range(9):
            assert site.send(collection, colours[sent % 3], sent) == colours[sent % 3]
            sent += 1
        # Signed in there too, and every picture's bytes are at hand.
        listed = site.client.get(f"/api/v1/collections/{collection}/images?limit=100").json()
        assert len(listed["images"]) == sent
        for image in listed["images"][:3]:
            thumbnail = site.client.get(f"/api/v1/images/{image['id']}/thumbnail")
            assert thumbnail.content[:2] == b"\xff\xd8"
        site.servers[dying].start()
    time.sleep(1.2)  # nginx asks the one that came back again

    image = listed["images"][0]
    answer = site.client.get(f"/api/v1/images/{image['id']}/original?download=true")
    assert answer.status_code == 307
    assert httpx2.get(answer.headers["location"]).content == tiny.picture(
        image["label"], int("".join(c for c in image["name"] if c.isdigit()))
    )
    act = site.client.post(
        f"/api/v1/collections/{collection}/acts",
        json={"kind": "relabel", "label": "Blue", "images": [image["id"]]},
    )
    assert act.status_code in {200, 201}, act.text


@pytest.mark.long
def test_sign_in_tries_are_counted_together(site: Site) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
    body |= {"invitation": site.servers[0].first_code}
    assert site.client.post("/api/v1/register", json=body).status_code == 201
    wrong = {"email": "ada@example.org", "password": "not this one"}
    answers = [site.client.post("/api/v1/sign-in", json=wrong).status_code for _ in range(12)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_a_job_outlives_the_instance_that_began_it(site: Site) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
    body |= {"invitation": site.servers[0].first_code}
    assert site.client.post("/api/v1/register", json=body).status_code == 201
    collection = site.client.get("/api/v1/collections").json()[0]["id"]
    for seed in range(24):
        site.send(collection, "Red", seed)
    asked = {"model": "organisms@4"}
    path = f"/api/v1/collections/{collection}/try-on"
    job = site.client.post(path, json=asked)
    assert job.status_code == 202, job.text
    site.servers[0].kill()  # with the worker that it may have started
    for _ in range(450):
        state = site.client.get(f"/api/v1/jobs/{job.json()['id']}")
        if state.status_code == 200 and state.json()["state"] == "done":
            break
        time.sleep(0.2)
    assert state.json()["state"] == "done", state.text
