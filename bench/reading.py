"""The cost of reading a picture for one decoder: CPU milliseconds, in process, median of many.

Ratios are within one run: with a colour profile over without, with EXIF over without.
"""

import io
import statistics
import tempfile
import time
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageCms

from bench.made import photograph
from biosight.inference.preprocess import Framing
from biosight.inference.sandbox.worker import decode

TIMES = 40
LARGE = (4032, 3024)
SMALL = (500, 400)
FRAMING = Framing(224, 236, "bicubic")


def other_colours() -> bytes:
    """Return the profile of a monitor that is not sRGB: red and green are exchanged."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = srgb.index(b"rXYZ", 128), srgb.index(b"gXYZ", 128)
    srgb[red : red + 4], srgb[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(srgb)


def written(size: tuple[int, int], **said: bytes) -> bytes:
    """Return a photograph as JPEG, with a profile or an EXIF block."""
    buffer = io.BytesIO()
    Pillow.open(io.BytesIO(photograph(1, size))).save(buffer, "JPEG", quality=88, **said)
    return buffer.getvalue()


def milliseconds(content: bytes) -> float:
    """Return the CPU time of one decode."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        path.write_bytes(content)
        taken = []
        for _ in range(TIMES):
            begin = time.process_time()
            decode(path, FRAMING, shown=True)
            taken.append(time.process_time() - begin)
    return statistics.median(taken) * 1000


def exif() -> bytes:
    """Return a phone's EXIF: camera, date and place."""
    block = Pillow.Exif()
    block[0x010F], block[0x0110] = "Maker", "Phone"
    block.get_ifd(0x8769)[0x9003] = "2024:05:01 12:34:56"
    place = block.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "S", (33.0, 52.0, 10.0), "W", (70.0, 12.0, 30.0)
    return block.tobytes()


def main() -> None:
    """Print the table."""
    print("reading one picture: CPU ms of a decoder, and over the same without")
    for name, size in (("500 x 400", SMALL), ("12 megapixels", LARGE)):
        plain = milliseconds(written(size))
        print(f"{name:<36}{plain:7.1f}")
        for what, said in (
            ("EXIF", {"exif": exif()}),
            ("a profile", {"icc_profile": other_colours()}),
        ):
            cost = milliseconds(written(size, **said))
            print(f"{name + ' with ' + what:<36}{cost:7.1f}   ratio {cost / plain:.2f}")


if __name__ == "__main__":
    main()
