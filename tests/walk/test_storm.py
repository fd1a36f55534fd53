"""A storm: eight clients do everything at once, and afterwards everything agrees.

The short one runs with every change, the long ones (a minute each) in `make test-long`.
"""

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from biosight.bootstrap import Archive, open_archive
from biosight.collection import Collection
from biosight.gallery import sweeping, trash
from biosight.images import ActItem, Embedding, Image
from biosight.labels import Annotation, Prediction
from biosight.review.acts import Act
from biosight.settings import Settings
from biosight.storage.records import Where, pages
from tests import tiny
from tests.conftest import PASSWORD, Run
from tests.walk.conftest import Server

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("storm"), pytest.mark.timeout(400)]
CLIENTS = 8
LABELS = ("Red", "Green", "Blue", "Fox", "Newt")
PICTURES = [tiny.picture(LABELS[n % 3], n) for n in range(60)]


class Sailor:
    """One client and what it may do; shares its collections with the others of its crew."""

    def __init__(self, client: httpx2.Client, crew: "Crew", seed: int) -> None:
        self.client = client
        self.crew = crew
        self.seed = seed
        self.dice = random.Random(seed)
        self.acts: list[str] = []

    def somewhere(self) -> str:
        return self.dice.choice(self.crew.collections)

    def ask(self, method: str, path: str, **how: Any) -> httpx2.Response:
        answer = self.client.request(method, f"/api/v1{path}", **how)
        self.crew.answers[answer.status_code] += 1
        if answer.status_code >= 500 and answer.status_code != 503:
            self.crew.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer

    def images(self, collection: str, *, trashed: bool = False) -> list[dict[str, Any]]:
        query = f"?limit=20&trash={str(trashed).lower()}&sort={self.dice.choice(['newest', 'id'])}"
        answer = self.ask("GET", f"/collections/{collection}/images{query}")
        found: list[dict[str, Any]] = answer.json()["images"] if answer.status_code == 200 else []
        return found

    def some(self, collection: str, *, trashed: bool = False) -> list[str]:
        found = [i["id"] for i in self.images(collection, trashed=trashed)]
        return self.dice.sample(found, min(len(found), self.dice.randint(1, 8)))

    def send(self) -> None:
        files = {"file": ("a.jpg", self.dice.choice(PICTURES))}
        self.ask("POST", f"/collections/{self.somewhere()}/images", files=files)

    def act(self, kind: str, **more: str) -> None:
        here = self.somewhere()
        images = self.some(here, trashed=kind == "restore")
        body = {"kind": kind, "images": images, **more}
        answer = self.ask("POST", f"/collections/{here}/acts", json=body)
        if answer.status_code == 201 and answer.json()["changed"]:
            self.acts.append(answer.json()["act"])

    def undo(self) -> None:
        if self.acts:
            self.ask("POST", f"/acts/{self.acts.pop()}/undo", json={})

    def change(self) -> None:
        for image in self.some(self.somewhere())[:1]:
            label = f"Seen by {self.seed}"  # nobody renames it: a renamed label is another's word
            answer = self.ask("PATCH", f"/images/{image}", json={"label": label})
            if answer.status_code == 200:
                assert answer.json()["label"] == label or answer.json()["act"] == ""

    def rename(self) -> None:
        old, new = self.dice.sample(LABELS, 2)
        body = {"old": old, "new": new}
        self.ask("POST", f"/collections/{self.somewhere()}/labels/rename", json=body)

    def empty(self) -> None:
        self.ask("DELETE", f"/collections/{self.somewhere()}/trash")

    def read(self) -> None:
        here = self.somewhere()
        for image in self.some(here)[:3]:
            form = self.dice.choice(["original", "thumbnail", "view", "history", "similar"])
            self.ask("GET", f"/images/{image}/{form}")
        self.ask(
            "GET", f"/collections/{here}/{self.dice.choice(['queue', 'labels', 'csv', 'acts'])}"
        )

    def zip(self) -> None:
        try:
            self.ask("GET", f"/collections/{self.somewhere()}/zip")
        except httpx2.RemoteProtocolError:
            self.crew.wrong.append("a zip broke off")

    def renew(self) -> None:
        """A collection goes for good, another comes."""
        if len(self.crew.collections) > 2 and self.dice.random() < 0.3:
            gone = self.somewhere()
            if self.ask("DELETE", f"/collections/{gone}").status_code == 204:
                if self.dice.random() < 0.3:
                    self.ask("POST", f"/collections/{gone}/restore")
                    return
                self.ask("DELETE", f"/collections/{gone}/forever")
                self.crew.collections = [c for c in self.crew.collections if c != gone]
        elif len(self.crew.collections) < 5:
            made = self.ask("POST", "/collections", json={"name": f"C{self.dice.random()}"}).json()
            self.crew.share(self.client, made["id"])

    def sail(self, until: float) -> None:
        what: list[Callable[[], None]] = [
            self.send,
            self.send,
            self.send,
            lambda: self.act("relabel", label=self.dice.choice(LABELS)),
            lambda: self.act("confirm"),
            lambda: self.act("note", note="n"),
            lambda: self.act("trash"),
            lambda: self.act("trash"),
            lambda: self.act("restore"),
            lambda: self.act("move", target=self.somewhere()),
            lambda: self.act("copy", target=self.somewhere()),
            lambda: self.act("copy", target=self.somewhere()),
            self.undo,
            self.undo,
            self.change,
            self.rename,
            self.empty,
            self.empty,
            self.read,
            self.zip,
            self.renew,
        ]
        while time.monotonic() < until:
            self.dice.choice(what)()


class Crew:
    """Two people who share all their collections, each with several clients."""

    def __init__(self, servers: list[Server]) -> None:
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        ada, first = servers[0].first_person()
        self.people = [ada, self.join(servers[-1], ada, "bob@example.org")]
        self.collections: list[str] = []
        self.share(ada, first)
        for name in ("Fen", "Moor"):
            made = ada.post("/api/v1/collections", json={"name": name}).json()["id"]
            self.share(ada, made)
        self.stranger = self.join(servers[0], ada, "eve@example.org")
        self.sailors = []
        for n in range(CLIENTS):
            server, person = servers[n % len(servers)], self.people[n % 2]
            client = server.client()
            client.cookies.update(dict(person.cookies))
            self.sailors.append(Sailor(client, self, n))

    @staticmethod
    def join(server: Server, ada: httpx2.Client, email: str) -> httpx2.Client:
        link = ada.post("/api/v1/admin/invitations", json={}).json()["path"]
        client = server.client()
        body = {"email": email, "password": PASSWORD, "invitation": link.split("#")[1]}
        assert client.post("/api/v1/register", json=body).status_code == 201
        return client

    def share(self, owner: httpx2.Client, collection: str) -> None:
        """With the other one of the two."""
        other = self.people[1] if dict(owner.cookies) == dict(self.people[0].cookies) else None
        other = other or self.people[0]
        email = other.get("/api/v1/me").json()["email"]
        offer = {"email": email, "role": "owner"}
        made = owner.post(f"/api/v1/collections/{collection}/invitations", json=offer).json()
        other.post("/api/v1/join", json={"secret": made["path"].split("#")[1]})
        self.collections.append(collection)

    def sail(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        raised: list[BaseException] = []

        def one(sailor: Sailor) -> None:
            try:
                sailor.sail(until)
            except BaseException as error:
                raised.append(error)

        threads = [threading.Thread(target=one, args=(s,)) for s in self.sailors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if raised:
            raise raised[0]


def check_lists(crew: Crew) -> int:
    """Lists, counts, folders and bytes agree, as people see them; how many pictures there are."""
    seen = 0
    for collection in [c["id"] for c in crew.people[0].get("/api/v1/collections").json()]:
        path = f"/api/v1/collections/{collection}"
        images, cursor = [], ""
        while True:
            page = crew.people[0].get(f"{path}/images?limit=500&cursor={cursor}").json()
            images += page["images"]
            cursor = page["next"]
            if not cursor:
                break
        folders = crew.people[0].get(f"{path}/labels").json()
        assert crew.people[0].get(f"{path}/count").json() == {"images": len(images)}
        assert {f["label"]: f["images"] for f in folders} == Counter(i["label"] for i in images)
        verified = Counter(i["label"] for i in images if i["who"] == "person")
        assert {f["label"]: f["verified"] for f in folders if f["verified"]} == verified
        for image in images:
            content = crew.people[0].get(f"/api/v1/images/{image['id']}/original").content
            assert hashlib.sha256(content).hexdigest() == image["sha256"]
            assert crew.stranger.get(f"/api/v1/images/{image['id']}").status_code == 404
        seen += len(images)
    assert crew.stranger.get("/api/v1/offers").json() == []
    return seen


def check_records(archive: Archive) -> None:
    """Nothing hangs in the air."""
    records = archive.records
    images = {i.id: i for page in pages(records, Image) for i in page}
    collections = {c.id for page in pages(records, Collection) for c in page}
    assert {i.collection for i in images.values()} <= collections
    assert set(records.ids(Embedding)) == {i.id for i in images.values() if i.model}
    for kind in (Prediction, Annotation):
        said = {getattr(s, "image") for page in pages(records, kind) for s in page}  # noqa: B009
        assert said <= set(images), kind
    for page in pages(records, Act):
        for act in page:
            items = records.count(ActItem, [Where("act", "=", act.id)])
            assert act.count == items, act.summary
    assert len({(i.collection, i.sha256) for i in images.values()}) == len(images)


def storm(
    run: Run,
    tmp_path: Path,
    model_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: tuple[int, float],
) -> None:
    processes, seconds = how
    servers = [Server(tmp_path / "data", model_dir) for _ in range(processes)]
    for server in servers:
        server.start()
    try:
        crew = Crew(servers)
        crew.sail(seconds)
        assert crew.wrong == []
        seen = check_lists(crew)
        assert seen > 0
        assert crew.answers[200] + crew.answers[201] > 10 * seconds
    finally:
        for server in servers:
            server.close()
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    try:
        sweeping.sweep_store(archive.records, archive.blobs)
        trash.purge_homeless(
            archive.records,
            archive.blobs,
            lambda c: archive.records.get(Collection, c) is not None,
        )
        check_records(archive)
    finally:
        archive.close()
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "data"))
    assert "0 problems. 0 orphaned files" in run("doctor").output
    print(f"{processes} processes, {seconds} s: {dict(crew.answers)}, {seen} pictures left")


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
def test_a_squall(
    run: Run, tmp_path: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    storm(run, tmp_path, model_dir, monkeypatch, (processes, 4.0))


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
def test_a_storm(
    run: Run, tmp_path: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    storm(run, tmp_path, model_dir, monkeypatch, (processes, 60.0))
