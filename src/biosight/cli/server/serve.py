"""biosight serve, and the worker process that it starts when jobs wait."""

import gc
import logging
import signal
import subprocess
import sys
import threading

import click

from biosight import accounts, metrics
from biosight.bootstrap import BioSight, open_biosight
from biosight.errors import BioSightError
from biosight.process import cores
from biosight.settings import Settings
from biosight.storage.records import Records
from biosight.work import jobs

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5
TOLD = 128 + signal.SIGTERM  # status of a worker that was told to end
ENDING_SECONDS = 10.0  # for the worker to give its jobs back
CODE_WORDS = {
    False: "One-time code for the first account (valid a day)",
    True: "One-time code, should the first account be made from elsewhere (valid a day)",
}


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default 8000).")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the web application."""
    # Everything opened here lives as long as the server. A garbage collection over all of it takes
    # about 50 ms, happens repeatedly while it grows, and would delay later requests.
    gc.disable()
    from biosight.web.app import create_app
    from biosight.web.server import server

    cores.multiply_on_one()
    given = {"host": host, "port": port}
    settings = settings.model_copy(update={k: v for k, v in given.items() if v is not None})
    biosight = open_biosight(settings)
    # uvicorn raises the signal that stopped it again when it is done. It is ignored then, because
    # everything must still be closed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        greet(settings, first=not accounts.has_users(biosight.archive.records))
        if not accounts.has_users(biosight.archive.records):
            code = accounts.first_code(biosight.archive.records)
            click.echo(f"{CODE_WORDS[settings.private]}: {code}", err=True)
        keeper = WorkerKeeper(biosight) if settings.worker else None
        try:
            app = create_app(biosight)
            gc.freeze()
            gc.enable()
            server(app, settings).run()
        finally:
            if keeper:
                keeper.close()
    finally:
        biosight.close()


class WorkerKeeper:
    """Starts a `biosight worker` when jobs wait and none of this server's is running."""

    def __init__(self, biosight: BioSight) -> None:
        self.records = biosight.archive.records
        self.settings = biosight.settings
        self.stopping = threading.Event()
        self.child: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self.run, name="worker-keeper", daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.stopping.wait(LOOK_SECONDS):
            try:
                self.note_end()
                if self.child is None and work_waits(self.records):
                    self.child = self.start()
            except BioSightError as error:
                log.warning("can't look for jobs", extra={"code": error.code})

    def note_end(self) -> None:
        """Count the end of the worker, if it has ended: by itself when idle, or because it died."""
        if self.child is None or (code := self.child.poll()) is None:
            return
        died = code not in (0, TOLD, -signal.SIGTERM)
        metrics.worker_ends.labels("died" if died else "idle").inc()
        if died:
            log.error("the worker died", extra={"status": code})
        self.child = None

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a worker with these settings, which ends by itself when idle."""
        command = [sys.executable, "-m", "biosight.cli", "worker", "--until-idle", "--tied"]
        return subprocess.Popen(command, stdin=subprocess.PIPE)

    def close(self) -> None:
        """End the worker; another worker continues its job where it stopped."""
        self.stopping.set()
        self.thread.join(5)
        if self.child and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:  # amid a long calculation
                self.child.kill()
                self.child.wait()


def work_waits(records: Records) -> bool:
    """Return whether there is a job for a worker."""
    return bool(jobs.open_jobs(records, limit=1))


def greet(settings: Settings, *, first: bool) -> None:
    host = "localhost" if settings.loopback else settings.host
    address = settings.public_url or f"http://{host}:{settings.port}"
    what = "create the first account" if first else "sign in"
    click.echo(f"BioSight is at {address} - open it to {what}. Ctrl-C stops it.", err=True)
