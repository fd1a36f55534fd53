"""LitServe and BentoML with the same network and the same pictures, beside BioSight.

    python -m bench.peers [FOLDER]

`pip install litserve bentoml` installs them into their own virtual environment at FOLDER (by
default .venv-peers). Each decodes a picture with Pillow, runs the bundled ONNX file on one batch
and answers with the likeliest label: no user, no record, nothing stored. BioSight does all its
usual work.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx2

from bench.made import free_port, in_use, photograph, serving, variants, wire
from bench.uploads import speed_of
from bench.wire import Wire
from biosight.bootstrap import DEFAULT_MODEL
from biosight.inference.model_files.card import read_card
from biosight.process import cores

PACKAGES = ("litserve", "bentoml", "onnxruntime", "pillow", "numpy", "python-multipart")
SIZES = {"500 x 400": (500, 400), "12 megapixels": (4000, 3000)}
COUNTS = {"500 x 400": 240, "12 megapixels": 60}
AT_ONCE = 8
SHARED = """
    import io
    import json
    import os

    import numpy as np
    import onnxruntime as ort
    from PIL import Image

    SIDE, SHORT = int(os.environ["SIDE"]), int(os.environ["SHORT"])
    MEAN = np.array(json.loads(os.environ["MEAN"]), np.float32)
    STD = np.array(json.loads(os.environ["STD"]), np.float32)

    def opened():
        options = ort.SessionOptions()
        options.intra_op_num_threads = int(os.environ["THREADS"])
        return ort.InferenceSession(os.environ["MODEL"], options)

    def pixels(content):
        picture = Image.open(io.BytesIO(content)).convert("RGB")
        ratio = SHORT / min(picture.size)
        picture = picture.resize([round(n * ratio) for n in picture.size], Image.BICUBIC)
        left, top = ((n - SIDE) // 2 for n in picture.size)
        square = np.asarray(picture.crop((left, top, left + SIDE, top + SIDE)), np.float32)
        return ((square / 255 - MEAN) / STD).transpose(2, 0, 1)

    def answer(session, batch):
        logits = session.run(["logits"], {session.get_inputs()[0].name: np.stack(batch)})[0]
        return [int(n) for n in logits.argmax(axis=1)]
"""
LITSERVE = """
    import litserve as ls
    from fastapi import UploadFile

    class Api(ls.LitAPI):
        def setup(self, device):
            self.session = opened()

        def decode_request(self, request):
            return pixels(request["file"].file.read())

        def batch(self, inputs):
            return inputs

        def unbatch(self, output):
            return output

        def predict(self, batch):
            return answer(self.session, batch)

        def encode_response(self, output):
            return {"label": output}

    if __name__ == "__main__":
        api = Api(max_batch_size=8, batch_timeout=0.002)
        ls.LitServer(api, accelerator="cpu", workers_per_device=1).run(
            port=int(os.environ["PORT"]), log_level="error", generate_client_file=False
        )
"""
BENTOML = """
    from pathlib import Path

    import bentoml

    @bentoml.service(workers=1)
    class Labels:
        def __init__(self):
            self.session = opened()

        @bentoml.api
        def predict(self, file: Path) -> dict:
            return {"label": answer(self.session, [pixels(file.read_bytes())])[0]}
"""


def installed(folder: Path) -> Path:
    """Return the Python of an environment that has both; make the environment if it is missing."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


@contextmanager
def peer(name: str, python: Path) -> Iterator[str]:
    """Run LitServe or BentoML, and yield its address."""
    card, port = read_card(DEFAULT_MODEL), free_port()
    environment = {
        **os.environ,
        "MODEL": str(DEFAULT_MODEL / "model.onnx"),
        "SIDE": str(card.input_size),
        "SHORT": str(card.resize_short),
        "MEAN": json.dumps(card.mean),
        "STD": json.dumps(card.std),
        "THREADS": str(cores.granted_cores()),
        "PORT": str(port),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "service.py"
        own = LITSERVE if name == "LitServe" else BENTOML
        source.write_text(textwrap.dedent(SHARED) + textwrap.dedent(own))
        command = [str(python), str(source)]
        if name == "BentoML":
            serve = ["serve", "service:Labels", "--port", str(port), "--host", "127.0.0.1"]
            command = [str(python), "-m", "bentoml", *serve]
        log = (Path(folder) / "log").open("wb")
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}", Path(folder) / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()  # BentoML ends the processes that it started elsewhere
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(url: str, log: Path) -> None:
    """Wait until a server answers anything at all. Raises RuntimeError with the end of its log."""
    for _ in range(300):
        try:
            httpx2.get(url, timeout=2)
            return
        except httpx2.HTTPError:
            time.sleep(0.2)
    raise RuntimeError(log.read_text()[-2000:])


def main() -> None:
    """Print pictures per second for each, and how many times as fast BioSight is."""
    python = installed(Path(sys.argv[1] if len(sys.argv) > 1 else ".venv-peers").absolute())
    print(f"{f'pictures a second, {AT_ONCE} at once':<24} {'BioSight':>9} LitServe   BentoML")
    for size, pixels in SIZES.items():
        base = [photograph(n, pixels) for n in range(3)]
        pictures = variants(base, COUNTS[size] + AT_ONCE)
        with serving() as running:
            in_use(running)
            path = f"/api/v1/collections/{running.collection}/images"
            own = speed_of(partial(wire, running), path, pictures, AT_ONCE)
        others = []
        for name in ("LitServe", "BentoML"):
            with peer(name, python) as url:
                others.append(speed_of(partial(Wire, url), "/predict", pictures, AT_ONCE))
        shown = "  ".join(f"{o:6.1f} ({own / o:.1f} x)" for o in others)
        print(f"{size:<24} {own:9.1f} {shown}", flush=True)


if __name__ == "__main__":
    main()
