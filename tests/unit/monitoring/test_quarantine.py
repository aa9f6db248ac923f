from tidemill.monitoring import failures_by_check, newest_rows


def test_the_newest_rows_come_first_and_in_the_order_of_their_source(ran):
    found = newest_rows(ran.config, ran.contract, 10)

    assert [(row.run_id, row.position) for row in found] == [
        (ran.second.id, "000000000001"),
        (ran.first.id, "000000000002"),
        (ran.first.id, "000000000003"),
        (ran.first.id, "000000000004"),
    ]
    assert [row.position for row in newest_rows(ran.config, ran.contract, 2)] == ["000000000001", "000000000002"]


def test_personal_values_are_masked_in_records_and_reasons_and_the_others_are_not(ran):
    text = str([row.as_json() for row in newest_rows(ran.config, ran.contract, 10)])

    assert not [value for value in ("secret7", "bob@x.org", "nomail99", "dan", "eve@x.org") if value in text]
    assert "expected one of Bonn, Kiel, Jena, got 'Rome'" in text
    assert "expected an int, got ***" in text


def test_failures_are_counted_by_check_with_samples_that_say_where(ran):
    found = failures_by_check(ran.config, ran.contract, samples=2)

    assert {one.check: one.rows for one in found} == {
        "city.one_of": 2,
        "id.type": 1,
        "email.pattern": 1,
        "record.parse": 1,
    }
    assert found[0].check == "city.one_of"
    assert {(one["source"][-5:], one["position"], one["value"]) for one in found[0].samples} == {
        ("a.csv", "000000000002", "Rome"),
        ("b.csv", "000000000001", "Rome"),
    }


def test_one_run_s_failures_can_be_counted_alone(ran):
    found = failures_by_check(ran.config, ran.contract, run_id=ran.second.id)

    assert {one.check: one.rows for one in found} == {"city.one_of": 1}


def test_replayed_rows_are_left_out_where_only_open_ones_are_asked_for(ran, spark, tmp_path):
    from delta.tables import DeltaTable

    config = ran.config.model_copy(update={"lake_root": str(tmp_path)})
    path = f"{tmp_path}/quarantine/people"
    spark.read.format("delta").load(f"{ran.config.lake_root}/quarantine/people").write.format("delta").save(path)
    DeltaTable.forPath(spark, path).update(f"_run_id = '{ran.first.id}'", {"_replayed_at": "current_timestamp()"})

    assert [row.run_id for row in newest_rows(config, ran.contract, 10, only_open=True)] == [ran.second.id]
    assert {one.check: one.rows for one in failures_by_check(config, ran.contract, only_open=True)} == {
        "city.one_of": 1
    }


def test_a_dataset_without_quarantine_has_no_rows(ran, tmp_path):
    config = ran.config.model_copy(update={"lake_root": str(tmp_path)})

    assert newest_rows(config, ran.contract, 5) == []
    assert failures_by_check(config, ran.contract) == []
