"""Many files at once: as each by itself, but on the executors."""

from dataclasses import replace

import pytest

from tidemill.errors import RunFailed
from tidemill.formats import canonical_uri, recognise_all, recognise_each
from tidemill.formats.recognising import FEW


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    texts = ("a;b\n1;2\n", "a,b,c\n1,2,3\n4,5,6\n", '{"a": 1}\n{"a": 2}\n', '[{"x": 1}]')
    for number in range(FEW + 1):
        (folder / f"{number:04}.txt").write_text(texts[number % 4] * (1 + number % 3 if number % 4 < 3 else 1))
    return [canonical_uri(str(path)) for path in sorted(folder.iterdir())]


def test_many_files_are_recognised_on_the_executors_as_each_is_here(spark, many):
    found = recognise_each(spark, many)

    assert found == [[replace(one, why=()) for one in recognise_all(uri)] for uri in many]


def test_the_first_file_that_is_not_recognised_is_told_in_one_line_wherever_it_is_looked_at(spark, many, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(RunFailed) as here:
        recognise_each(spark, [canonical_uri(str(empty))])

    with pytest.raises(RunFailed) as there:
        recognise_each(spark, [*many, canonical_uri(str(empty))])

    assert str(there.value) == str(here.value)
    assert "empty.csv" in str(there.value)
