"""A scripted peer that speaks MongoDB's wire protocol: the primary of a replica set, over a socket.

It keeps nothing. Each command gets the answer that was laid out for it, else one that says all went
well. Transactions that touch the same document meet as on a server: the second is told to begin
anew. Source: MongoDB's wire protocol and the drivers' specifications (mongodb.com/docs).
"""

import itertools
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from bson import decode, encode
from bson.codec_options import DEFAULT_CODEC_OPTIONS

Document = dict[str, Any]
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CUT: Document = {"$": "the connection is cut"}
HANG: Document = {"$": "no answer comes"}
CONFLICT: Document = {
    "ok": 0,
    "code": 112,
    "codeName": "WriteConflict",
    "errmsg": "Write conflict during plan execution",
    "errorLabels": ["TransientTransactionError"],
}


def slow(seconds: float) -> Document:
    """An answer that says all went well, later."""
    return {"$seconds": seconds}


class Peer:
    """One member. `seen` are the commands it got; `primary` is what it says it is."""

    def __init__(self, *, commit_seconds: float = 0.0, step_seconds: float = 0.0) -> None:
        self.primary = True
        self.seen: list[Document] = []
        self.laid_out: defaultdict[str, deque[Document]] = defaultdict(deque)
        self.commit_seconds, self.step_seconds = commit_seconds, step_seconds
        self.held: dict[Any, Any] = {}
        self.conflicts = 0
        self.speaks = threading.Event()
        self.speaks.set()
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.url = f"mongodb://127.0.0.1:{self.port}/biosight?replicaSet=rs0"
        self.open: list[socket.socket] = []
        threading.Thread(target=self.accept, daemon=True).start()

    def lay_out(self, command: str, *answers: Document) -> None:
        """What the next commands of this name get."""
        self.laid_out[command].extend(answers)

    def fall_silent(self) -> None:
        """Take commands and answer none, as a server whose disk or network hangs, until `speak`."""
        self.speaks.clear()

    def speak(self) -> None:
        """Answer again."""
        self.speaks.set()

    def hold_for_a_dead_client(self, table: str, id: str) -> None:
        """Keep a document for a transaction whose client was killed: a server does so for up to a
        minute, since nobody ends it."""
        with self.lock:
            self.held[table, id] = "dead"

    def end_dead_transactions(self) -> None:
        """End what dead clients left, as a server does in the end."""
        with self.lock:
            self.held = {key: by for key, by in self.held.items() if by != "dead"}

    def named(self, command: str) -> list[Document]:
        """The commands of this name that came."""
        return [c for c in self.seen if next(iter(c)) == command]

    def close(self) -> None:
        self.ended.set()
        self.speaks.set()
        for one in (self.listener, *self.open):
            one.close()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.open.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        """Answer one connection's commands until it ends."""
        numbers = itertools.count(1)
        try:
            while header := exactly(connection, 16):
                length, request, _, code = struct.unpack("<iiii", header)
                command = told(code, exactly(connection, length - 16))
                self.speaks.wait()
                answer = self.answer(command)
                if answer is CUT:
                    connection.close()
                    return
                if answer is HANG:
                    self.ended.wait()
                    return
                connection.sendall(framed(code, next(numbers), request, answer))
        except OSError:
            return

    def answer(self, command: Document) -> Document:
        """What is said to a command."""
        name = next(iter(command))
        if name.lower() in {"hello", "ismaster"}:
            return self.hello()
        self.seen.append(command)
        if self.laid_out[name]:
            said = self.laid_out[name].popleft()
            if "$seconds" not in said:
                return said
            time.sleep(said["$seconds"])
        time.sleep(self.commit_seconds if name == "commitTransaction" else self.step_seconds)
        return self.meet(name, command)

    def meet(self, name: str, command: Document) -> Document:
        """Documents that a transaction touches are its own until it ends."""
        mine = (command.get("lsid", {}).get("id"), command.get("txnNumber"))
        with self.lock:
            if name in {"commitTransaction", "abortTransaction"}:
                self.held = {key: by for key, by in self.held.items() if by != mine}
            elif "autocommit" in command and self.is_met(mine, touched(name, command)):
                self.conflicts += 1
                return CONFLICT
        return well(name, command)

    def is_met(self, mine: object, keys: list[tuple[str, str]]) -> bool:
        """Does another transaction hold one of these documents? Those that none holds are mine."""
        return any(self.held.setdefault(key, mine) != mine for key in keys)

    def hello(self) -> Document:
        me = f"127.0.0.1:{self.port}"
        return {
            "ok": 1,
            "helloOk": True,
            "ismaster": self.primary,
            "isWritablePrimary": self.primary,
            "secondary": not self.primary,
            "setName": "rs0",
            "setVersion": 1,
            "hosts": [me],
            "me": me,
            **({"primary": me} if self.primary else {}),
            "maxBsonObjectSize": 16 * 1024 * 1024,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "logicalSessionTimeoutMinutes": 30,
            "minWireVersion": 0,
            "maxWireVersion": 25,
        }


def touched(name: str, command: Document) -> list[tuple[str, str]]:
    """The documents that a command changes."""
    return [(command[name], id) for u in command.get("updates", ()) for id in ids_of(u["q"])]


def ids_of(query: Document) -> list[str]:
    id = query["_id"]
    return list(id["$in"]) if isinstance(id, dict) else [id]


def well(name: str, command: Document) -> Document:
    """The answer that all went well."""
    if name in {"find", "aggregate"}:
        # A document that is asked for by its id, in a transaction, is there.
        there = "autocommit" in command and isinstance(command["filter"].get("_id"), str)
        found = [{"_id": command["filter"]["_id"], "version": 1}] if there else []
        return {
            "ok": 1,
            "cursor": {"id": 0, "ns": f"biosight.{command[name]}", "firstBatch": found},
        }
    count = len(touched(name, command)) if name == "update" else 1
    return {"ok": 1, "n": count, "nModified": count}


def exactly(connection: socket.socket, count: int) -> bytes:
    """So many bytes, or none when the other side is gone."""
    found = b""
    while len(found) < count:
        if not (piece := connection.recv(count - len(found))):
            return b""
        found += piece
    return found


def told(code: int, body: bytes) -> Document:
    """The command in a message, its documents of a second section put where they belong."""
    if code == OP_QUERY:
        return decode(body[body.index(b"\0", 4) + 9 :])
    command: Document = {}
    for kind, at, end in sections(body):
        if kind == 0:
            command = {**decode(body[at:end]), **command}
        else:
            named = body.index(b"\0", at)
            command[body[at:named].decode()] = list(documents(body[named + 1 : end]))
    # The command's own name comes first.
    return dict(sorted(command.items(), key=lambda item: item[0] in {"documents", "updates"}))


def sections(body: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, start and end of each section behind the flags."""
    at = 4
    while at < len(body):
        kind, (size,) = body[at], struct.unpack_from("<i", body, at + 1)
        start = at + 1 if kind == 0 else at + 5
        yield kind, start, at + 1 + size
        at += 1 + size


def documents(body: bytes) -> Iterator[Document]:
    at = 0
    while at < len(body):
        (size,) = struct.unpack_from("<i", body, at)
        yield decode(body[at : at + size], DEFAULT_CODEC_OPTIONS)
        at += size


def framed(code: int, number: int, request: int, answer: Document) -> bytes:
    """An answer as the kind of message that was asked with."""
    if code == OP_QUERY:
        head, code = struct.pack("<iqii", 8, 0, 0, 1), OP_REPLY
    else:
        head = struct.pack("<iB", 0, 0)
    body = head + encode(answer)
    return struct.pack("<iiii", 16 + len(body), number, request, code) + body
