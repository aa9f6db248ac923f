"""Fetched pages kept in an S3 store, as on a cluster."""

import pytest

from tests.services.s3 import BUCKET, running_s3
from tidemill.formats.stores import arrow_settings, use_settings
from tidemill.sources.rest.spool import Page, Spool, SpooledPageGone, opened_page


@pytest.fixture
def in_store():
    with running_s3() as s3:
        keys = {"access.key": s3.access_key, "secret.key": s3.secret_key}
        # As Hadoop takes an address without scheme.
        address = {"endpoint": s3.endpoint.removeprefix("http://"), "connection.ssl.enabled": "false"}
        use_settings(arrow_settings(keys | address))
        yield s3
    use_settings({})


def test_a_page_is_there_until_the_folder_is_deleted(in_store):
    page = Page(1, "utf-8", 200, records=1, total=1, size=4, since=None, digest="d", next=None)
    spool = Spool(f"s3a://{BUCKET}/spool/orders/first")
    assert spool.last() is None

    spool.add(page, b"[{}]")

    assert spool.last() == page
    assert opened_page(spool.uri(1)) == (page, b"[{}]")
    assert Spool(f"s3a://{BUCKET}/spool/orders").folders() == ["first"]
    spool.delete()
    assert spool.last() is None
    with pytest.raises(SpooledPageGone):
        spool.page(1)
    assert in_store.contents() == {} or list(in_store.contents()) == ["spool/orders/"]
