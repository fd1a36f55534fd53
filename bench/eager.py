"""A plain upload handler like that of the first BioSight: decoding and PyTorch in an async
route."""

import io
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx2
import torch
from fastapi import FastAPI, File
from PIL import Image as Pillow

from bench.made import free_port
from biosight.bootstrap import DEFAULT_MODEL
from biosight.inference.model_files.card import CardLabel, ModelCard, read_card
from biosight.training import networks
from biosight.training.export import write_onnx


def serve(arch: str, port: int) -> None:
    """Run the handler in its own process; random weights are enough to measure speed."""
    import uvicorn

    network = networks.build(arch, 10).eval()
    own = read_card(DEFAULT_MODEL)
    side = own.input_size if arch == own.arch else 224
    app = FastAPI()

    @app.post("/")
    async def classify(file: Annotated[bytes, File()]) -> dict[str, int]:
        picture = Pillow.open(io.BytesIO(file)).convert("RGB").resize((side, side))
        pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
        batch = pixels.reshape(1, side, side, 3).permute(0, 3, 1, 2).float() / 255
        with torch.no_grad():
            return {"label": int(network(batch)[0].argmax())}

    uvicorn.run(app, port=port, log_level="error")


def export_random(arch: str, folder: Path) -> None:
    """Write a model folder with random weights at 224 px, which is enough to measure speed."""
    network = networks.build(arch, 10).eval()
    scale = networks.normalisation(arch)
    card = ModelCard(
        name="random",
        version="1",
        arch=arch,
        labels=tuple(CardLabel(name=f"Label {n}") for n in range(10)),
        input_size=224,
        resize_short=236,
        mean=scale.mean,
        std=scale.std,
        embedding_size=network.head.in_features,
    )
    write_onnx(network, card, folder)


@contextmanager
def serving_eager(arch: str) -> Iterator[str]:
    """Run the handler, and yield its address."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(arch, port))
    process.start()
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx2.get(url)
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.join()
