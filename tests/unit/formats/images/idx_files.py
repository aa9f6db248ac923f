"""IDX files, made for a test."""

import gzip
import struct

import numpy as np


def idx_images(pixels: np.ndarray) -> bytes:
    return struct.pack(">4I", 0x803, *pixels.shape) + pixels.tobytes()


def idx_labels(labels) -> bytes:
    return struct.pack(">2I", 0x801, len(labels)) + bytes(labels)


def written(path, content: bytes, compressed: bool = False) -> str:
    path.write_bytes(gzip.compress(content, mtime=0) if compressed else content)
    return f"file://{path}"
