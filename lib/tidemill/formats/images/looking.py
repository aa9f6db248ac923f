"""What an image or an IDX file is, from its first bytes, for a person who looks at it."""

import zlib
from typing import Any

from PIL import Image, UnidentifiedImageError

from tidemill.formats.images.decoding import FORMATS, quiet
from tidemill.formats.images.idx import GZIP, IMAGES, LABELS, WrongIdx, idx_header
from tidemill.formats.location import canonical_uri, open_file

HEAD_BYTES = 4096
# How the files of FORMATS, and IDX files, begin.
BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"P4", b"P5", b"P6")
IDX = {kind.to_bytes(4, "big"): kind for kind in (IMAGES, LABELS)}


def look_at_image(location: str) -> dict[str, Any] | None:
    """What a file's header says of it: format, mode and size, or an IDX file's number of images; None for other files.

    Raises:
        MissingFile: it is not there.
    """
    uri = canonical_uri(location)
    with open_file(uri) as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(BEGINNINGS):
            file.seek(0)
            try:
                with quiet():
                    image = Image.open(file, formats=FORMATS)
            except (UnidentifiedImageError, OSError, SyntaxError):
                return None
            orientation = image.getexif().get(0x0112, 1)
            size = {"height": image.height, "width": image.width, "orientation": orientation}
            return {"format": "image", "kind": image.format, "mode": image.mode, **size}
    compressed = head.startswith(GZIP)
    kind = IDX.get(_begin(head)[:4] if compressed else head[:4])
    if kind is None:
        return None
    try:
        header = idx_header(uri, kind)
    except WrongIdx:
        return None
    size = {"items": header.items, "height": header.height, "width": header.width}
    what = "images" if kind == IMAGES else "labels"
    return {"format": "idx", "kind": what, **size, "compression": "gzip" if compressed else ""}


def _begin(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 4)
    except zlib.error:
        return b""
