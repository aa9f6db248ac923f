"""Whether a new classifier takes the champion's place: both answer the same test images, which neither learnt from."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidemill.errors import TidemillError
from tidemill.models.images.evaluation import Counts, figures_of
from tidemill.models.images.feeding import Snapshot
from tidemill.models.images.loading import FILE
from tidemill.models.images.naming import names_of
from tidemill.models.images.settings import ImageSettings
from tidemill.models.images.working import TEST, Compared, Rival
from tidemill.models.promotion import LEAST_ROWS, Promotion, by_hand, decided, unopposed
from tidemill.registry import ImageCard, ImageChampion


class Prepared(NamedTuple):
    """What there is to compare with.

    Attributes:
        rival: goes to the ranks; None where no comparison is possible.
        problem: why it is not, as what the champion does; empty where there is no champion.
    """

    rival: Rival | None
    problem: str = ""


def rival_of(
    champion: ImageChampion | None, snapshot: Snapshot, settings: ImageSettings, pin: Callable[[int], Snapshot]
) -> Prepared:
    """Prepare the comparison with the champion, before anything is trained.

    Args:
        champion: None where there is none.
        snapshot: of the new training.
        settings: the new classifier's.
        pin: a version of its table.
    """
    if champion is None:
        return Prepared(None)
    problem = _problem(champion.card, snapshot, settings)
    if problem:
        return Prepared(None, problem)
    try:
        unseen = _unseen(champion.card, snapshot, pin)
    except TidemillError as error:
        version = champion.card.table_version
        return Prepared(None, f"learnt from version {version} of its table, which cannot be read: {error}")
    if unseen.sum() < LEAST_ROWS:
        few = f"{unseen.sum()} of the {len(unseen)} images of the test split"
        return Prepared(None, f"can be compared on {few}, which it has not learnt from; {LEAST_ROWS} are needed")
    return Prepared(Rival(champion.files[FILE], None if unseen.all() else unseen))


def _problem(card: ImageCard, snapshot: Snapshot, settings: ImageSettings) -> str:
    """What stands against a comparison, whatever the images are."""
    if card.table != settings.table:
        return f"answers another question (it was trained on {card.table})"
    if card.classes != snapshot.classes:
        return f"tells other classes apart ({len(card.classes)}, and there are {len(snapshot.classes)})"
    if card.table_id != snapshot.table_id:
        return f"learnt from a table that is gone: {card.table} was made anew"
    return ""


def _unseen(card: ImageCard, snapshot: Snapshot, pin: Callable[[int], Snapshot]) -> NDArray[np.bool_]:
    """By key, the samples of the test split that the champion has not learnt from."""
    if card.table_version == snapshot.version:
        return np.ones(snapshot.splits[TEST], bool)
    old = pin(card.table_version)
    seen = {name.image_id for split in old.splits if split != TEST for name in names_of(old, split)}
    return np.array([name.image_id not in seen for name in names_of(snapshot, TEST)])


def judge_images(
    compared: Compared | None,
    prepared: Prepared,
    champion: ImageChampion | None,
    settings: ImageSettings,
    run: str,
    anyway: bool = False,
) -> Promotion:
    """Decide on a new classifier.

    Args:
        compared: what the ranks counted.
        prepared: what they were given.
        champion: None where there is none.
        settings: the new classifier's.
        run: the ledger's run that trains it.
        anyway: promote whatever the comparison says.
    """
    if champion is None or champion.card.run == run:
        return unopposed(first=champion is None)
    who = f"version {champion.version}, the champion,"
    if compared is None:
        return by_hand(f"{who} {prepared.problem}", anyway)
    new, old = (_figure(counts, settings) for counts in (compared.new, compared.champion))
    better = new > old if settings.larger_is_better else new < old
    told = (
        f"{settings.metric} {new:.4f} against {old:.4f} of {who} on {compared.new.samples} test images that neither "
        "has learnt from"
    )
    return decided(better, told, anyway)


def _figure(counts: Counts, settings: ImageSettings) -> float:
    return figures_of(counts)[settings.metric]
