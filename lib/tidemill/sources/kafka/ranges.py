"""From the offsets of the last slice to those of the next, and what went missing between."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidemill.contract.sources import KafkaSource as Settings
from tidemill.errors import RunFailed
from tidemill.sources.kafka.offsets import Offsets
from tidemill.sources.source import Json


class RecordsLost(RunFailed):
    """The topic no longer has records that no run has taken."""

    def __init__(self, settings: Settings, lost: Mapping[int, int]) -> None:
        places = ", ".join(f"{count} of partition {partition}" for partition, count in sorted(lost.items()))
        super().__init__(
            f"kafka {settings.topic}: {sum(lost.values())} records were removed by the topic's retention before a run "
            f"took them ({places}). To go on with what is left, set on_loss: report under source; run more often, or "
            "let the topic keep records for longer."
        )


class TopicRecreated(RunFailed):
    """The topic is another one than before."""

    def __init__(self, settings: Settings, why: str) -> None:
        super().__init__(
            f"kafka {settings.topic}: the topic was deleted and created again since the last run ({why}); what nobody "
            "took before that is gone. To take the new topic from its beginning, set on_loss: report under source."
        )


@dataclass(frozen=True)
class Range:
    """What a slice takes of each partition: from the first offset, up to and without the second.

    Attributes:
        first: partition -> offset.
        end: partition -> offset.
        lost: records that were gone before they were taken.
    """

    first: Mapping[int, int]
    end: Mapping[int, int]
    lost: int = 0

    @property
    def records(self) -> int:
        """At most; transactions and compaction leave gaps."""
        return sum(self.end.values()) - sum(self.first.values())


def next_range(settings: Settings, progress: Json | None, now: Offsets) -> Range:
    """What no run has taken.

    Args:
        settings: of the contract.
        progress: `progress_json` of the last slice; None for the first.
        now: the topic's offsets.

    Raises:
        RecordsLost: some of it is gone, and the contract refuses that.
        TopicRecreated: the topic is a new one, and the contract refuses that.
    """
    if progress is None:
        return Range(now.newest if settings.start == "latest" else now.oldest, now.newest)
    taken = offsets_of(progress["offsets"])
    if why := _recreated(progress, taken, now):
        if settings.on_loss == "refuse":
            raise TopicRecreated(settings, why)
        return Range(now.oldest, now.newest)
    # A partition that was added since begins at 0.
    wanted = {partition: taken.get(partition, 0) for partition in now.newest}
    lost = {place: now.oldest[place] - first for place, first in wanted.items() if now.oldest[place] > first}
    if lost and settings.on_loss == "refuse":
        raise RecordsLost(settings, lost)
    first = {partition: max(offset, now.oldest[partition]) for partition, offset in wanted.items()}
    return Range(first, now.newest, sum(lost.values()))


def _recreated(progress: Json, taken: Mapping[int, int], now: Offsets) -> str:
    if now.topic_id and progress.get("topic_id") and progress["topic_id"] != now.topic_id:
        return "it has another id"
    for partition, offset in sorted(taken.items()):
        if partition not in now.newest:
            return f"partition {partition} is no more"
        if now.newest[partition] < offset:
            return f"partition {partition} ends at {now.newest[partition]}, runs have taken it up to {offset}"
    return ""


def offsets_json(offsets: Mapping[int, int]) -> dict[str, int]:
    """Offsets as JSON keeps them."""
    return {str(partition): offset for partition, offset in sorted(offsets.items())}


def offsets_of(offsets: Mapping[str, int]) -> dict[int, int]:
    """Offsets that `offsets_json` wrote."""
    return {int(partition): offset for partition, offset in offsets.items()}
