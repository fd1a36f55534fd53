"""A local S3 server (moto) behind a proxy that can be slow, refuse, or go away."""

import http.client
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx2

BUCKET = "biosight"


class S3:
    """`url` is where clients go; `refuse` answers that many requests with 503, `delay` is in
    seconds, `down` hangs up, `read_only` forbids every write, `flowing` is cleared to hold every
    byte."""

    def __init__(self, port: int) -> None:
        self.port = port
        command = [sys.executable, "-m", "moto.server", "-p", str(port)]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        self.refuse, self.delay, self.down, self.asked = 0, 0.0, False, 0
        self.read_only = False
        self.flowing = threading.Event()
        self.flowing.set()
        self.proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self.proxy.server_address[1]}"
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        self.wait()

    def wait(self) -> None:
        for _ in range(200):
            try:
                answer = httpx2.put(f"http://127.0.0.1:{self.port}/{BUCKET}", timeout=5)
                assert answer.status_code == 200, answer.text
                return
            except httpx2.HTTPError:
                time.sleep(0.1)
        raise AssertionError("moto did not start")

    def environment(self) -> dict[str, str]:
        """How a client reaches it."""
        return {
            "AWS_ENDPOINT": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }

    def close(self) -> None:
        self.flowing.set()
        self.proxy.shutdown()
        self.proxy.server_close()
        self.process.kill()
        self.process.wait()


def handler(server: S3) -> type[BaseHTTPRequestHandler]:
    """A proxy to moto that does as the server says."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def pass_on(self) -> None:
            server.asked += 1
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if server.down:
                self.close_connection = True
                self.connection.close()
                return
            server.flowing.wait()
            time.sleep(server.delay)
            if server.refuse > 0:
                server.refuse -= 1
                self.answer(503, {}, b"busy")
                return
            if server.read_only and self.command in {"PUT", "POST", "DELETE"}:
                self.answer(403, {}, b"<Error><Code>AccessDenied</Code></Error>")
                return
            upstream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            address = urlsplit(self.path)
            target = address.path + (f"?{address.query}" if address.query else "")
            upstream.request(self.command, target, body, dict(self.headers))
            got = upstream.getresponse()
            content = got.read()
            length_kept = {"content-length"} if self.command == "HEAD" else set()
            drop = {"transfer-encoding", "connection", "content-length"} - length_kept
            kept = {k: v for k, v in got.getheaders() if k.lower() not in drop}
            upstream.close()
            self.answer(got.status, kept, content)

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

    return Proxy
