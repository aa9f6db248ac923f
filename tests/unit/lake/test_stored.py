import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tidemill.lake.stored import StoredTable, TableNotReadable, opened


def test_files_whose_statistics_exclude_a_match_are_not_opened(ran, monkeypatch):
    table = opened(ran.config, "ops.run_events")
    everything = len(table.spans("run_id"))

    kept = table.may_hold({"run_id": (ran.first.id, ran.first.id)})

    assert (len(kept), everything) == (2, 7)
    assert {row["run_id"] for row in table.rows(["run_id"], {"run_id": (ran.first.id, ran.first.id)})} == {ran.first.id}


def test_a_time_s_bound_finds_what_lies_between_the_statistics_milliseconds(ran):
    table = opened(ran.config, "ops.run_events")
    newest = max(row["at"] for row in table.rows(["at"]))

    assert [row["at"] for row in table.rows(["at"], {"at": (newest, None)})] == [newest]


def test_columns_that_an_old_table_lacks_are_left_out(ran):
    assert set(opened(ran.config, "ops.checks").rows(["check", "severity"])[0]) == {"check"}


def test_a_table_that_was_never_written_is_none_and_a_broken_one_is_told_in_one_line(ran, tmp_path):
    config = ran.config.model_copy(update={"lake_root": str(tmp_path)})
    assert opened(config, "ops.checks") is None

    log = tmp_path / "ops" / "checks" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("no json\n")
    with pytest.raises(TableNotReadable, match="ops/checks cannot be read: ") as told:
        opened(config, "ops.checks")
    assert "\n" not in str(told.value)


def test_a_table_is_read_alike_with_and_without_the_system_s_own_files(ran):
    from deltalake import DeltaTable

    path = f"{ran.config.lake_root}/ops/run_events"
    through_library = StoredTable(DeltaTable(path))

    assert through_library.rows(["run_id", "event"]) == opened(ran.config, "ops.run_events").rows(["run_id", "event"])


def test_a_table_stays_at_its_version_and_its_newer_one_has_what_was_committed_since(tmp_path):
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake

    write_deltalake(str(tmp_path), pa.table({"number": [1]}))
    first = StoredTable(DeltaTable(str(tmp_path)), tmp_path)
    assert first.newer() is first
    write_deltalake(str(tmp_path), pa.table({"number": [2, 3]}), mode="append")

    second = first.newer()

    assert (first.version, second.version) == (0, 1)
    assert first.rows(["number"]) == [{"number": 1}]
    assert [row["number"] for row in second.rows(["number"])] in ([1, 2, 3], [2, 3, 1])
    assert sorted(file.rows for file in second.files()) == [1, 2]
    (added,) = {file.path for file in second.files()} - {file.path for file in first.files()}
    assert [row["number"] for piece in second.pieces(["number"], files=[added]) for row in piece.to_pylist()] == [2, 3]


def test_the_value_of_a_partition_is_a_column_like_another(ran):
    table = opened(ran.config, "ops.files_taken")

    named = {row["uri"].rsplit("/", 1)[1]: row["dataset"] for row in table.rows(["uri", "dataset"])}

    assert {"a.csv", "b.csv"} <= named.keys()
    assert set(named.values()) == {"people"}
    assert table.rows(["uri"], {"dataset": ("others", "others")}) == []
    assert table.may_hold({"dataset": ("others", "others")}) == set()


def test_a_partition_may_be_named_by_any_signs(tmp_path):
    kinds = {1: "T-shirt/top", 2: "ü % ?", 3: "a=b"}
    rows = pa.table({"number": list(kinds), "kind": list(kinds.values())})
    write_deltalake(str(tmp_path / "t"), rows, partition_by=["kind"])

    table = StoredTable(DeltaTable(str(tmp_path / "t")), tmp_path / "t")

    assert {row["number"]: row["kind"] for row in table.rows(["number", "kind"])} == kinds
    assert table.rows(["number"], {"kind": ("ü % ?", "ü % ?")}) == [{"number": 2}]
