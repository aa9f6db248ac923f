"""One way to recognise and parse a file made in a test."""

from typing import NamedTuple

import pytest

from tidemill.formats import Recognised, canonical_uri, recognise
from tidemill.formats.delivery import parsed_file


class Parsed(NamedTuple):
    """What came of a file: how it was recognised, its records and its unparsed texts, by position."""

    found: Recognised
    rows: dict[int, dict[str, str | None]]
    raws: dict[int, str]


@pytest.fixture
def parsed(tmp_path):
    """Recognise and parse a content under a name; its columns are those that were recognised, or `fields`."""

    def parse(name: str, content: bytes | str, *, records: str = "", declared: str = "auto", fields=None) -> Parsed:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = recognise(str(path), declared, records)
        names = list(fields if fields is not None else found.columns)
        wanted = {f"c{place}": column for place, column in enumerate(names)}
        rows, raws = {}, {}
        for batch in parsed_file(canonical_uri(str(path)), found, wanted):
            for row in batch.to_pylist():
                place = int(row["_position"])
                assert place not in rows and place not in raws
                values = {column: row[key] for key, column in wanted.items()}
                if row["_raw"] is not None:
                    assert set(values.values()) | {row["_rescued"]} <= {None}
                    raws[place] = row["_raw"]
                else:
                    rows[place] = values | ({"_rescued": row["_rescued"]} if row["_rescued"] is not None else {})
        return Parsed(found, dict(sorted(rows.items())), dict(sorted(raws.items())))

    return parse
