"""From an instance that stops to who is told: Prometheus, Alertmanager, a webhook, mail."""

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.conftest import require
from tests.walk.conftest import Server, free_port
from tests.walk.test_monitoring import DEPLOY, TOKEN

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("monitoring"), pytest.mark.timeout(180)]


class Told:
    """A webhook and a mail server: what they are told, in order."""

    def __init__(self) -> None:
        self.posts: queue.Queue[dict[str, Any]] = queue.Queue()
        self.mails: queue.Queue[str] = queue.Queue()
        posts = self.posts

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                posts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.web = HTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        self.smtp = Controller(self, hostname="127.0.0.1", port=free_port())
        self.smtp.start()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.put(f"{envelope.rcpt_tos} {envelope.content.decode()}")
        return "250 OK"

    def close(self) -> None:
        self.web.shutdown()
        self.web.server_close()
        self.smtp.stop()


@pytest.fixture
def told() -> Iterator[Told]:
    made = Told()
    yield made
    made.close()


def configured(**settings: str) -> str:
    """Alertmanager's configuration as prepare.sh writes it."""
    words = ["sh", str(DEPLOY / "alertmanager/configure.sh")]
    return subprocess.run(
        words, env={**os.environ, **settings}, capture_output=True, text=True, check=True
    ).stdout


def started(words: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(words, stdout=file, stderr=file)


def at_once(file: Path) -> str:
    """The deployed alerts, without their patience."""
    given = yaml.safe_load(file.read_text())
    for rule in given["groups"][0]["rules"]:
        rule["for"] = "0s"
    return yaml.safe_dump(given)


def test_an_instance_that_stops_is_told_by_webhook_and_mail(
    tmp_path: Path, model_dir: Path, told: Told
) -> None:
    require(shutil.which("prometheus-alertmanager") is not None, "Alertmanager", "apt-get install")
    server = Server(tmp_path / "data", model_dir, BIOSIGHT_METRICS_TOKEN=TOKEN)
    server.start()
    hook, post = f"http://127.0.0.1:{told.web.server_port}/alerts", f"127.0.0.1:{told.smtp.port}"
    (tmp_path / "alertmanager.yml").write_text(
        configured(
            ALERT_WAIT="1s",
            ALERT_WEBHOOK=hook,
            ALERT_MAIL_TO="operator@example.org",
            SMTP_FROM="biosight@example.org",
            SMTP_HOST=post,
            SMTP_TLS="false",
        )
    )
    (tmp_path / "alerts.yml").write_text(at_once(DEPLOY / "prometheus/alerts.yml"))
    (tmp_path / "token").write_text(TOKEN)
    given = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    address, port = f"127.0.0.1:{free_port()}", free_port()
    given["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    given["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [address]}]
    given["rule_files"] = [str(DEPLOY / "prometheus/rules.yml"), str(tmp_path / "alerts.yml")]
    given["scrape_configs"][0]["authorization"]["credentials_file"] = str(tmp_path / "token")
    here = [{"targets": [f"127.0.0.1:{server.port}"]}]
    given["scrape_configs"][0]["static_configs"] = here
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(given))
    running = [
        started(
            [
                "prometheus-alertmanager",
                f"--config.file={tmp_path}/alertmanager.yml",
                f"--storage.path={tmp_path}/alertmanager",
                f"--web.listen-address={address}",
                "--cluster.listen-address=",
            ],
            tmp_path / "alertmanager.log",
        ),
        started(
            [
                "prometheus",
                f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/tsdb",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            tmp_path / "prometheus.log",
        ),
    ]
    try:
        time.sleep(4)  # it is seen while it is well
        server.close()
        said = down(told)
        assert said["labels"]["severity"] == "page"
        assert said["annotations"]["runbook_url"].startswith("https://localhost:8443/help/")
        mail = told.mails.get(timeout=60)
        assert "operator@example.org" in mail
    finally:
        for process in running:
            process.terminate()
            process.wait(20)


def down(told: Told) -> dict[str, Any]:
    """The first firing BioSightDown that the webhook is told of."""
    while True:
        for alert in told.posts.get(timeout=60)["alerts"]:
            if alert["labels"]["alertname"] == "BioSightDown" and alert["status"] == "firing":
                return dict(alert)


def test_nobody_to_tell_is_a_configuration_too(tmp_path: Path) -> None:
    require(shutil.which("amtool") is not None, "Alertmanager", "apt-get install")
    for settings in ({}, {"ALERT_WEBHOOK": "https://chat.example/x?a=it's"}):
        file = tmp_path / "alertmanager.yml"
        file.write_text(configured(**settings))
        done = subprocess.run(
            ["amtool", "check-config", str(file)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        receiver = yaml.safe_load(file.read_text())["receivers"][0]
        hooks = [h["url"] for h in receiver.get("webhook_configs", [])]
        assert hooks == list(settings.values())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ALERT_WEBHOOK": "chat.example/x"}, "ALERT_WEBHOOK"),
        ({"ALERT_MAIL_TO": "a@example.org"}, "SMTP_HOST"),
        ({"ALERT_MAIL_TO": "a@example.org", "SMTP_HOST": "mail.example"}, "host:port"),
        ({"ALERT_MAIL_TO": "a@example.org", "SMTP_HOST": "mail.example:25"}, "SMTP_FROM"),
    ],
)
def test_half_a_configuration_is_none(settings: dict[str, str], words: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        configured(**settings)
    assert words in refused.value.stderr
    assert refused.value.stdout == ""
