"""The bytes of a checkpoint: a mark, a hash, and what torch.save makes of the state."""

import io
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import torch

from tidemill.errors import RunFailed

MARK = b"TIDEMILL-CHECKPOINT-1\n"
DIGEST = sha256().digest_size


class Broken(RunFailed):
    """A checkpoint is not as it was written."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the checkpoint {what}. The one before it is used; remove it if it is in the way.")


def sealed(state: Mapping[str, Any]) -> bytes:
    """The bytes of a state of tensors, numbers, texts, lists and mappings."""
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    payload = buffer.getvalue()
    return MARK + sha256(payload).digest() + payload


def opened(content: bytes) -> dict[str, Any]:
    """The state that was sealed.

    Raises:
        Broken: it was cut off, changed, or never a checkpoint.
    """
    begins = len(MARK) + DIGEST
    if not content.startswith(MARK):
        raise Broken("does not begin as one of this version does")
    if len(content) < begins or sha256(content[begins:]).digest() != content[len(MARK) : begins]:
        raise Broken(f"of {len(content)} bytes has not the hash that it was written with")
    return torch.load(io.BytesIO(content[begins:]), map_location="cpu", weights_only=True)
