"""schemathesis over the OpenAPI: nothing answers with a 5xx, and answers fit their schema."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny
from tests.walk.conftest import Server


@pytest.mark.walk
@pytest.mark.xdist_group("schema")
@pytest.mark.long
@pytest.mark.parametrize("phases", ["examples,coverage", "fuzzing"])
def test_no_request_brings_a_5xx(phases: str, tmp_path: Path, model_dir: Path) -> None:
    server = Server(tmp_path / "data", model_dir)
    server.start()
    try:
        client, collection = server.first_person()
        made = client.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["read", "write"]})
        for seed, label in enumerate(tiny.COLOURS):
            client.post(
                f"/api/v1/collections/{collection}/images",
                files={"file": (f"{label}.jpg", tiny.picture(label, seed))},
            ).raise_for_status()
        image = client.get(f"/api/v1/collections/{collection}/images").json()["images"][0]["id"]
        config = tmp_path / "schemathesis.toml"
        parameters = {"collection": collection, "image": image}
        lines = [f"{k} = {json.dumps(v)}" for k, v in parameters.items()]
        config.write_text("[parameters]\n" + "\n".join(lines) + "\n")
        command = [
            str(Path(sys.executable).parent / "schemathesis"),
            "--config-file",
            str(config),
            "run",
            f"{server.url}/openapi.json",
            "--checks",
            "not_a_server_error,response_schema_conformance",
            "--header",
            f"Authorization: Bearer {made.json()['secret']}",
            "--max-examples",
            "6",
            "--phases",
            phases,
            "--seed",
            "1",
            "--exclude-name",
            "DELETE /api/v1/collections/{collection}",
            "--workers",
            "2",
            "--request-timeout",
            "20",
            "--suppress-health-check",
            "all",
        ]
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1"},
        )
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
        assert client.get("/health").status_code == 200
    finally:
        server.close()
