"""A training's checkpoints: written whole or not at all, and refused where they are of another training."""

from tidemill.models.images.checkpoints.folder import (
    CheckpointFolder,
    CheckpointNotWritten,
    Found,
    Looked,
    OtherCheckpoint,
)
from tidemill.models.images.checkpoints.sealing import Broken, opened, sealed

__all__ = [
    "Broken",
    "CheckpointFolder",
    "CheckpointNotWritten",
    "Found",
    "Looked",
    "OtherCheckpoint",
    "opened",
    "sealed",
]
