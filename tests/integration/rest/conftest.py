"""An API on this machine, and a source of it whose attempts follow each other quickly."""

import pytest

from tests.services.http_api import HttpApi
from tidemill.contract import Contract
from tidemill.sources.rest import RestSource


@pytest.fixture
def api():
    with HttpApi() as running:
        yield running


@pytest.fixture
def orders(api):
    def contract(**source):
        keys = {"kind": "rest", "url": f"{api.url}/orders", "timeout": "2 seconds", "retries": 3, **source}
        return Contract.model_validate(
            {
                "name": "orders",
                "version": 1,
                "source": keys,
                "columns": {
                    "id": {"type": "int", "required": True},
                    "city": {"from": "address.city", "type": "string"},
                    "price": {"type": "decimal(10,2)"},
                    "updated_at": {"type": "timestamp"},
                },
                "key": ["id"],
                "write": "upsert",
            }
        )

    return contract


@pytest.fixture
def opened(spark, orders, tmp_path):
    def source(largest=1 << 20, **keys):
        return RestSource(spark, orders(**keys), str(tmp_path / "spool"), back_off=0.01, largest=largest)

    return source
