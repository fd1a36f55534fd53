"""Promises of defences.md, measured from outside a real server."""

import contextlib
import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx2
import pytest

from tests import tiny
from tests.conftest import PASSWORD, require
from tests.images.test_reading import png_header
from tests.walk.conftest import Server

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]
COLOURS = list(tiny.COLOURS)


def send(client: httpx2.Client, collection: str, content: bytes, name: str) -> httpx2.Response:
    return client.post(f"/api/v1/collections/{collection}/images", files={"file": (name, content)})


def listed(client: httpx2.Client, collection: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    cursor = ""
    while True:
        query = f"limit=500&cursor={cursor}"
        page = client.get(f"/api/v1/collections/{collection}/images?{query}").json()
        found += page["images"]
        cursor = page["next"]
        if not cursor:
            return found


def test_200_parallel_uploads(server: Server) -> None:
    client, collection = server.first_person()
    contents = [tiny.picture(COLOURS[n % 3], n) for n in range(200)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda n: send(client, collection, contents[n], f"{n}.jpg"),
                [*range(200), *range(20)],
            )
        )
    assert sum(a.status_code == 201 for a in answers) == 200
    assert sum(a.status_code == 200 for a in answers) == 20
    images = listed(client, collection)
    assert sorted(i["sha256"] for i in images) == sorted(
        hashlib.sha256(c).hexdigest() for c in contents
    )
    for image in random.Random(1).sample(images, 20):
        content = client.get(f"/api/v1/images/{image['id']}/original").content
        assert hashlib.sha256(content).hexdigest() == image["sha256"]
    assert {i["label"] for i in images} == set(COLOURS)


@pytest.mark.timeout(300)
def test_kill_9_during_uploads_loses_nothing(server: Server) -> None:
    kill_during_uploads(server, 3)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_fifty_kills_during_uploads_lose_nothing(server: Server) -> None:
    print(kill_during_uploads(server, 50), "uploads were acknowledged")


def kill_amid(
    server: Server, busy: Sequence[Callable[[threading.Event], None]], seconds: float
) -> None:
    """Kill -9 the server when its clients have been busy for a while, and start it again."""
    stop = threading.Event()
    threads = [threading.Thread(target=one, args=(stop,)) for one in busy]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    server.start()


def kill_during_uploads(server: Server, rounds: int) -> int:
    """Kill -9 the server again and again while six clients upload: what was acknowledged is there,
    byte for byte. How many that were."""
    client, collection = server.first_person()
    acknowledged: set[str] = set()
    number = iter(range(10_000))

    def upload_until(stop: threading.Event) -> None:
        with httpx2.Client(
            base_url=server.url, headers=dict(client.headers), cookies=client.cookies, timeout=20
        ) as own:
            while not stop.is_set():
                content = tiny.picture("Red", next(number))
                try:
                    if send(own, collection, content, "a.jpg").status_code == 201:
                        acknowledged.add(hashlib.sha256(content).hexdigest())
                except httpx2.HTTPError:
                    time.sleep(0.05)

    for round_number in range(rounds):
        kill_amid(server, [upload_until] * 6, 0.6 + 0.13 * (round_number % 9))
        images = listed(client, collection)
        assert acknowledged <= {i["sha256"] for i in images}
        assert len({i["sha256"] for i in images}) == len(images)
    assert len(acknowledged) > 2 * rounds
    for image in listed(client, collection):
        content = client.get(f"/api/v1/images/{image['id']}/original").content
        assert hashlib.sha256(content).hexdigest() == image["sha256"]
    assert client.get("/api/v1/me").status_code == 200
    doctor = subprocess.run(
        [sys.executable, "-m", "biosight.cli", "doctor"],
        env={**os.environ, **server.settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "0 problems" in doctor.stdout, doctor.stdout + doctor.stderr
    return len(acknowledged)


@pytest.mark.long
@pytest.mark.parametrize("rounds", [50])
@pytest.mark.timeout(900)
def test_kill_9_during_acts_loses_nothing(server: Server, rounds: int) -> None:
    """Six clients, each with pictures of its own, relabel without a pause; what was answered with
    success is so afterwards, and its act stands in the history."""
    client, collection = server.first_person()
    pictures = [
        send(client, collection, tiny.picture("Red", n), "a.jpg").json()["image"]["id"]
        for n in range(18)
    ]
    said = dict.fromkeys(pictures, "Red")  # the last label that was acknowledged
    asked = dict.fromkeys(pictures, "Red")  # the last that was asked for: it may have been kept
    acts: set[str] = set()

    def relabel_until(stop: threading.Event, mine: list[str]) -> None:
        with httpx2.Client(
            base_url=server.url, headers=dict(client.headers), cookies=client.cookies, timeout=20
        ) as own:
            number = 0
            while not stop.is_set():
                number += 1
                label = asked[mine[0]] = asked[mine[1]] = asked[mine[2]] = f"Fox {number}"
                body = {"kind": "relabel", "images": mine, "label": label}
                try:
                    done = own.post(f"/api/v1/collections/{collection}/acts", json=body)
                except httpx2.HTTPError:
                    time.sleep(0.05)
                    continue
                if done.status_code == 201 and done.json()["changed"]:  # else it leaves no act
                    acts.add(done.json()["act"])
                    said.update(dict.fromkeys(mine, label))

    for round_number in range(rounds):
        shares = [pictures[n : n + 3] for n in range(0, 18, 3)]
        busy = [partial(relabel_until, mine=share) for share in shares]
        kill_amid(server, busy, 0.4 + 0.07 * (round_number % 9))
        labels = {i["id"]: i["label"] for i in listed(client, collection)}
        for id in pictures:
            assert labels[id] in {said[id], asked[id]}
        said.update(labels)
        asked.update(labels)
    history, before = set[str](), 0.0
    while True:
        path = f"/api/v1/collections/{collection}/acts?limit=200&before={before!r}"
        lines = client.get(path).json()
        history |= {line["id"] for line in lines}
        if len(lines) < 200:
            break
        before = lines[-1]["at"]
    assert len(acts) >= rounds
    assert acts <= history
    print(len(acts), "acts were acknowledged")


def test_corrections_survive_kill_9(server: Server) -> None:
    client, collection = server.first_person()
    image = send(client, collection, tiny.picture("Red", 1), "a.jpg").json()["image"]["id"]
    assert client.patch(f"/api/v1/images/{image}", json={"label": "Fox"}).status_code == 200
    server.kill()
    server.start()
    assert client.get(f"/api/v1/images/{image}").json()["label"] == "Fox"


def test_sigterm_stops_gracefully(server: Server) -> None:
    server.first_person()
    begin = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begin < 10


def slow_gif() -> bytes:
    """A small file of very many pages."""
    from io import BytesIO

    from PIL import Image as Pillow

    frames = [Pillow.new("P", (8, 8), n % 250) for n in range(3000)]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def test_bombs_are_answered_while_the_server_lives(server: Server) -> None:
    client, collection = server.first_person()
    send(client, collection, tiny.picture("Red", 0), "warm.jpg")
    slowest = [0.0]
    stop = threading.Event()

    def watch() -> None:
        with server.client() as own:
            while not stop.is_set():
                begin = time.monotonic()
                assert own.get("/health").status_code == 200
                slowest[0] = max(slowest[0], time.monotonic() - begin)
                time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    whole = tiny.picture("Blue", 3, (2000, 1500))
    bombs = [
        png_header(60_000, 60_000),
        png_header(10_000, 9_999),
        b"\x89PNG\r\n\x1a\n" + b"\0" * 5000,
        b"GIF89a" + b"\xff" * 4000,
        b"II*\0" + b"\xff" * 4000,
        whole[:5000],
        b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 900,
        b"\0\0\0\x18ftypheic" + b"\0" * 500,
    ]
    begin = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda b: send(client, collection, b, "b.jpg"), bombs))
    assert time.monotonic() - begin < 30
    assert {a.status_code for a in answers} == {422}
    pages = send(client, collection, slow_gif(), "pages.gif")
    assert pages.status_code == 201
    stop.set()
    watcher.join()
    assert slowest[0] < 2.5
    assert len(listed(client, collection)) == 2


@pytest.mark.long
def test_slow_clients_disturb_nobody(server: Server) -> None:
    client, collection = server.first_person()
    cookie = "; ".join(f"{k}={v}" for k, v in client.cookies.items())
    head = (
        f"POST /api/v1/collections/{collection}/images HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.port}\r\n"
        f"Origin: {server.url}\r\nCookie: {cookie}\r\nContent-Length: 5000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    )
    sockets = []
    for number in range(360):
        one = socket.create_connection(("127.0.0.1", server.port))
        one.sendall(head.encode() if number < 60 else b"GET / HTTP/1.1\r\nX-Slow: ")
        sockets.append(one)
    begin = time.monotonic()
    answer = send(client, collection, tiny.picture("Red", 1), "a.jpg")
    assert answer.status_code == 201
    assert time.monotonic() - begin < 5
    assert client.get("/health").elapsed.total_seconds() < 2.5
    deadline = time.monotonic() + 25
    closed = 0
    for one in sockets:
        one.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            while one.recv(4096):
                pass
            closed += 1
        except ConnectionResetError:
            closed += 1
        except TimeoutError:
            pass
        one.close()
    assert closed == len(sockets)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    require(mount is not None and os.geteuid() == 0, "mount as root", "run the tests as root")
    command = ["mount", "-t", "tmpfs", "-o", "size=120m,nr_inodes=700", "tmpfs", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True)
    require(done.returncode == 0, "a small tmpfs", "run the tests where mounting is allowed")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("what", ["bytes", "inodes"])
def test_a_full_disk_damages_nothing(small_disk: Path, model_dir: Path, what: str) -> None:
    server = Server(small_disk / "data", model_dir)
    server.start()
    try:
        client, collection = server.first_person()
        kept = send(client, collection, tiny.picture("Red", 1), "a.jpg").json()["image"]["id"]
        filled = fill(small_disk, what)
        refused = send(client, collection, tiny.picture("Red", 2), "b.jpg")
        assert refused.status_code in {503, 507}, refused.text
        assert client.get("/health").status_code == 200
        body = {"email": "ada@example.org", "password": PASSWORD}
        with server.client() as other:
            assert other.post("/api/v1/sign-in", json=body).status_code == 200
        assert client.patch(f"/api/v1/images/{kept}", json={"trashed": True}).status_code == 200
        assert client.delete(f"/api/v1/collections/{collection}/trash").json()["removed"] == 1
        for path in filled:
            path.unlink()
        assert send(client, collection, tiny.picture("Red", 2), "b.jpg").status_code == 201
    finally:
        server.close()


@pytest.mark.parametrize("what", ["bytes", pytest.param("inodes", marks=pytest.mark.long)])
def test_a_server_starts_on_a_full_disk(small_disk: Path, model_dir: Path, what: str) -> None:
    server = Server(small_disk / "data", model_dir)
    server.start()
    try:
        client, collection = server.first_person()
        content = tiny.picture("Red", 1)
        image = send(client, collection, content, "a.jpg").json()["image"]["id"]
        server.stop()
        (small_disk / "data" / "reserve").unlink()
        filled = fill(small_disk, what)
        server.log = small_disk.parent / "second.log"
        server.start()
        cookies = dict(client.cookies)
        with server.client() as again:
            again.cookies.update(cookies)
            path = f"/api/v1/collections/{collection}/images"
            assert [i["id"] for i in again.get(path).json()["images"]] == [image]
            assert again.get(f"/api/v1/images/{image}/original").content == content
            assert again.get(f"/collections/{collection}").status_code == 200
            refused = send(again, collection, tiny.picture("Red", 2), "b.jpg")
            assert refused.status_code in {503, 507}
            for one in filled:
                one.unlink()
            assert send(again, collection, tiny.picture("Red", 2), "b.jpg").status_code == 201
    finally:
        server.close()


def test_a_body_beyond_its_limit_ends_the_connection(tmp_path: Path, model_dir: Path) -> None:
    server = Server(tmp_path / "data", model_dir, BIOSIGHT_MAX_FILE_MB="1")
    server.start()
    try:
        client, collection = server.first_person()
        head = (
            f"POST /api/v1/collections/{collection}/images HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\n"
            f"Cookie: biosight={client.cookies['biosight']}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        piece = b"10000\r\n" + bytes(65536) + b"\r\n"
        begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            one.sendall(head.encode() + f"{len(begin):x}\r\n".encode() + begin + b"\r\n")
            sent = 0
            with contextlib.suppress(ConnectionError):
                while sent < 64 * 1024 * 1024:
                    one.sendall(piece)
                    sent += 65536
            assert sent < 32 * 1024 * 1024
            one.settimeout(5)
            said = b""
            with contextlib.suppress(ConnectionError):
                while got := one.recv(65536):
                    said += got
        assert not said or b" 413 " in said.split(b"\r\n")[0]
        assert not said or b"connection: close" in said.lower()
        assert client.get("/api/v1/me").status_code == 200
    finally:
        server.close()


def test_a_full_temporary_folder_refuses_no_upload(
    small_disk: Path, tmp_path: Path, model_dir: Path
) -> None:
    server = Server(tmp_path / "data", model_dir, TMPDIR=str(small_disk))
    server.start()
    try:
        client, collection = server.first_person()
        first, large = (tiny.picture("Red", seed, (3600, 3000)) for seed in (1, 2))
        assert len(large) > 1_500_000
        assert send(client, collection, first, "first.jpg").status_code == 201
        filled = fill(small_disk, "bytes")
        assert filled
        assert send(client, collection, large, "large.jpg").status_code == 201
        assert send(client, collection, tiny.picture("Red", 2), "b.jpg").status_code == 201
    finally:
        server.close()


def fill(disk: Path, what: str) -> list[Path]:
    """Use up all bytes or all inodes."""
    made = []
    try:
        for number in range(2000):
            path = disk / f"fill{number}"
            made.append(path)
            with path.open("wb") as file:
                while what == "bytes":
                    file.write(b"\0" * 65536)
                    file.flush()
    except OSError:
        pass
    return [p for p in made if p.exists()]


def test_a_lost_store_is_503_and_comes_back_by_itself(server: Server) -> None:
    client, collection = server.first_person()
    blobs = server.data / "blobs"
    blobs.rename(server.data / "away")
    assert send(client, collection, tiny.picture("Red", 1), "a.jpg").status_code == 503
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 200
    (server.data / "away").rename(blobs)
    assert send(client, collection, tiny.picture("Red", 1), "a.jpg").status_code == 201


def test_two_people_see_nothing_of_each_others(server: Server) -> None:
    ada, mine = server.first_person()
    image = send(ada, mine, tiny.picture("Red", 1), "a.jpg").json()["image"]["id"]
    link = ada.post("/api/v1/admin/invitations", json={}).json()["path"].split("#")[1]
    bob = server.client()
    body = {"email": "bob@example.org", "password": PASSWORD, "invitation": link}
    assert bob.post("/api/v1/register", json=body).status_code == 201
    theirs = bob.get("/api/v1/collections").json()
    assert [c["id"] for c in theirs] != [mine]
    assert bob.get(f"/api/v1/images/{image}/original").status_code == 404
    assert bob.get(f"/api/v1/collections/{mine}/zip").status_code == 404


@pytest.mark.long
def test_a_backup_taken_while_uploads_run_is_whole(server: Server, tmp_path: Path) -> None:
    client, collection = server.first_person()
    stop = threading.Event()
    kept: list[str] = []

    def keep_sending() -> None:
        number = 0
        while not stop.is_set():
            content = tiny.picture("Green", number)
            send(client, collection, content, f"{number}.jpg").raise_for_status()
            kept.append(hashlib.sha256(content).hexdigest())
            number += 1

    def biosight(*words: str, **settings: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "biosight.cli", *words],
            env={**os.environ, **server.settings, **settings},
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout

    sender = threading.Thread(target=keep_sending)
    sender.start()
    time.sleep(1)
    before = set(kept)
    biosight("backup", str(tmp_path / "b.tar"))
    stop.set()
    sender.join()
    second = {"BIOSIGHT_DATA_DIR": str(tmp_path / "second")}
    biosight("restore", str(tmp_path / "b.tar"), **second)
    assert "0 problems" in biosight("doctor", **second)
    restored = {p.name for p in (tmp_path / "second" / "blobs" / "original").glob("??/*")}
    assert before
    assert before <= restored


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_crowd_of_huge_pictures_keeps_nobody_from_the_pages(server: Server) -> None:
    from io import BytesIO

    from PIL import Image as Pillow

    def huge(number: int) -> bytes:
        buffer = BytesIO()
        Pillow.new("RGB", (9_500, 9_500), (number, 40, 40)).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    client, collection = server.first_person()
    pictures = [huge(n) for n in range(20)]
    with ThreadPoolExecutor(21) as pool:
        sent = [pool.submit(send, client, collection, p, "huge.png") for p in pictures]
        slowest = 0.0
        while not all(future.done() for future in sent):
            begin = time.monotonic()
            assert client.get("/api/v1/me").status_code == 200
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.1)
    assert {future.result().status_code for future in sent} <= {201, 503}
    assert slowest < 2.5
