"""Images that arrive, and what became of them."""

import pytest


@pytest.fixture
def landing(tmp_path):
    folder = tmp_path / "shapes"
    folder.mkdir()
    return folder


@pytest.fixture
def reasons(lake):
    def read():
        rows = lake.read("quarantine.shapes").collect()
        return {
            (row["_source"].rpartition("/")[2], failure["check"]): failure["message"]
            for row in rows
            for failure in row["_failures"]
        }

    return read


@pytest.fixture
def silver(lake):
    """Label and split by path."""

    def read():
        rows = lake.read("silver.shapes").select("path", "label", "split").collect()
        assert len({row["path"] for row in rows}) == len(rows)
        return {row["path"]: (row["label"], row["split"]) for row in rows}

    return read
