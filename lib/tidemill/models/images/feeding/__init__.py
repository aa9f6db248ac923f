"""The way from a pinned Delta table to a training loop's batches, the same for any number of ranks."""

from tidemill.models.images.feeding.batches import Batch, Feed, by_lane
from tidemill.models.images.feeding.feeds import delta_feed, memory_feed
from tidemill.models.images.feeding.pinning import pinned
from tidemill.models.images.feeding.snapshot import Snapshot

__all__ = ["Batch", "Feed", "Snapshot", "by_lane", "delta_feed", "memory_feed", "pinned"]
