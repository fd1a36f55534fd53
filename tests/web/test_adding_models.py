"""A classifier that an administrator adds in the browser: checked as on the command line."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from starlette.testclient import TestClient

from biosight.inference.model_files import trial
from tests import tiny
from tests.cli.test_model_commands import foreign
from tests.conftest import first_collection, upload

API = "/api/v1"
SAID = {"name": "own", "labels": "Red\nGreen", "size": "32"}


def send(client: TestClient, file: Path, **said: str) -> tuple[int, dict[str, object]]:
    """The answer's status and body."""
    sent = {"file": (file.name, file.read_bytes())}
    answer = client.post(f"{API}/models", files=sent, data=SAID | said)
    return answer.status_code, answer.json()


def test_it_waits_as_a_candidate_then_serves_and_retires(ada: TestClient, tmp_path: Path) -> None:
    status, made = send(ada, foreign(tmp_path / "own.onnx"))
    assert (status, made["id"], made["state"]) == (201, "own@1", "candidate")
    assert made["labels"] == ["Red", "Green"]
    assert ada.post(f"{API}/models/own@1/promote", json={"reason": "ours"}).status_code == 200
    (event, *_) = ada.get(f"{API}/models/own@1").json()["events"]
    assert event["by"] == "ada"
    body = {"name": "Pond", "model": "own"}
    pond = ada.post(f"{API}/collections", json=body).json()["id"]
    image = upload(ada, pond, tiny.picture("Red", 1))["image"]
    assert isinstance(image, dict)
    assert image["model"] == "own@1"
    status, again = send(ada, foreign(tmp_path / "own.onnx"))
    assert (status, "another version" in str(again["detail"])) == (409, True)
    assert send(ada, foreign(tmp_path / "own.onnx"), version="2")[0] == 201
    assert ada.post(f"{API}/models/own@2/retire", json={}).json()["state"] == "retired"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"labels": "Red"}, "at least two"),
        ({"labels": "Red, Red"}, "each once"),
        ({"labels": "Red, Green, Blue"}, "3 numbers"),
        ({"size": "40"}, "40"),
        ({"size": "wide"}, "size"),
        ({"name": "Not a name"}, "not make a model card"),
        ({"layout": "sideways"}, "layout"),
        ({"surprise": "1"}, "a field that BioSight doesn't know: surprise"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    ada: TestClient, tmp_path: Path, said: dict[str, str], words: str
) -> None:
    status, answer = send(ada, foreign(tmp_path / "own.onnx"), **said)
    assert status == 422, answer
    assert words in str(answer["detail"])
    assert "own@1" not in [v["id"] for v in ada.get(f"{API}/models").json()]


def test_junk_is_refused_and_leaves_nothing(ada: TestClient, tmp_path: Path) -> None:
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"\x80\x04pickled")
    status, answer = send(ada, junk)
    assert (status, "can't be opened" in str(answer["detail"])) == (422, True)
    assert ada.post(f"{API}/models", data=SAID).status_code in {400, 422}


def test_only_an_administrator_in_a_browser_adds_models(
    ada: TestClient, another: Callable[[str], TestClient], tmp_path: Path
) -> None:
    file = foreign(tmp_path / "own.onnx")
    ben = another("ben@example.org")
    assert send(ben, file)[0] == 404
    assert 'id="add-model"' in ada.get("/model").text
    assert 'id="add-model"' not in ben.get("/model").text
    made = ada.post(f"{API}/me/tokens", json={"name": "t", "scopes": ["read", "write"]}).json()
    by_token = {"Authorization": f"Bearer {made['secret']}"}
    sent = {"file": ("own.onnx", file.read_bytes())}
    ada.cookies.clear()
    answer = ada.post(f"{API}/models", files=sent, data=SAID, headers=by_token)
    assert answer.status_code == 403
    assert first_collection(ben)


def endless(path: Path) -> Path:
    """A classifier that counts to 2^62 before it says anything."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("Add", ["sum", "one"], ["more"]),
        ],
        "round",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("sum", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("more", TensorProto.FLOAT, []),
        ],
    )
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["start"], keepdims=0),
        helper.make_node("Loop", ["rounds", "", "start"], ["end"], body=body),
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=0),
        helper.make_node("Add", ["mean", "end"], ["logits"]),
    ]
    initial = [
        numpy_helper.from_array(np.array(2**62, dtype=np.int64), "rounds"),
        numpy_helper.from_array(np.array([2, 3], dtype=np.int64), "axes"),
        numpy_helper.from_array(np.array(1, dtype=np.float32), "one"),
    ]
    graph = helper.make_graph(
        nodes,
        "endless",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 32, 32])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])],
        initial,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path


def test_a_model_that_never_ends_ends_apart(
    ada: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "LIMITS", replace(trial.LIMITS, wall=8.0))
    file = endless(tmp_path / "own.onnx")
    begin = time.process_time()
    status, answer = send(ada, file, labels="Red, Green, Blue")
    assert (status, "The model is too slow" in str(answer["detail"])) == (422, True)
    assert time.process_time() - begin < 5  # the work was another process's
    assert send(ada, foreign(tmp_path / "own.onnx"))[0] == 201
