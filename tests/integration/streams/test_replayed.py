"""A reading that was refused, is replayed into silver and then comes again is known, as any other."""

import pytest

from tidemill.ingest import replay
from tidemill.lake import Counts


@pytest.mark.parametrize("before", [[("a", 0, 1.0)], []], ids=["silver had others", "silver was empty"])
def test_a_reading_that_was_replayed_and_comes_again_is_in_silver_once(lake, own, send, stream, silver, before):
    mended = own(value={"max": 1000})
    send(*before, ("a", 10, 200.0))
    stream(own())
    replay(lake.spark, lake, mended)
    send(("a", 10, 200.0), ("a", 11, 3.0))

    (run,) = stream(mended)

    assert run.counts == Counts(read=2, accepted=1, duplicate=1)
    assert silver() == [*before, ("a", 10, 200.0), ("a", 11, 3.0)]
