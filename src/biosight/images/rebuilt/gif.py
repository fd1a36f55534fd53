"""GIF rebuilt from its frames alone (GIF89a, CompuServe 1990).

Not here: other formats.
"""

from collections.abc import Iterator

from biosight.images.rebuilt.kept import Content, NotRebuilt

SCREEN, IMAGE_HEAD = 13, 10
EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
CONTROL, APPLICATION = 0xF9, 0xFF
CONTROL_LENGTH = 4
# Netscape's extension says how often an animation repeats: 16 bytes with the blocks' sizes.
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
LOOP_LENGTH = 16


def rebuilt(content: bytes) -> Iterator[Content]:
    """Yield the screen, and each frame with the time for which it is shown. Raises NotRebuilt."""
    if len(content) < SCREEN:
        raise NotRebuilt
    at = SCREEN + table_size(content[10])
    yield content[:at]
    frames = 0
    view = memoryview(content)
    while at < len(content) and content[at] != TRAILER:
        start, kind = at, content[at]
        at = block_end(content, at)
        if kind == IMAGE:
            frames += 1
            yield view[start:at]
        elif kind == EXTENSION:
            yield from extension(content[start:at])
    if not frames:
        raise NotRebuilt
    yield bytes([TRAILER])


def table_size(flags: int) -> int:
    """Return the size in bytes of the colour table that a field of flags announces."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def block_end(content: bytes, at: int) -> int:
    """Return where a block ends; the end of the file for a truncated one. Raises NotRebuilt."""
    if content[at] == EXTENSION:
        at += 2
    elif content[at] == IMAGE and at + IMAGE_HEAD <= len(content):
        at += IMAGE_HEAD + table_size(content[at + 9]) + 1
    else:
        raise NotRebuilt
    while at < len(content) and (size := content[at]):
        at += 1 + size
    return min(at + 1, len(content))


def extension(block: bytes) -> Iterator[bytes]:
    """Yield what stays of an extension: how long a frame is shown, how often the animation
    repeats."""
    label, body = block[1], block[3:]
    if label == CONTROL and len(body) >= CONTROL_LENGTH:
        yield bytes([EXTENSION, CONTROL, CONTROL_LENGTH]) + body[:CONTROL_LENGTH] + b"\0"
    loops = label == APPLICATION and body.startswith(LOOPS) and body[11:13] == b"\3\1"
    if loops and len(body) >= LOOP_LENGTH - 1:
        yield bytes([EXTENSION, APPLICATION, 11]) + body[: LOOP_LENGTH - 1] + b"\0"
