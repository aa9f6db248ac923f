import pytest

from tidemill.cli.doctor import machine


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_392"', 8),
        ("command not understood", None),
    ],
)
def test_the_major_version_of_java_is_found(told, version):
    assert machine.java_version(told) == version


def test_a_java_home_without_java_is_named_with_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    finding = machine.java()

    assert str(tmp_path / "bin" / "java") in finding.found
    assert finding.remedy is not None
    assert "openjdk-17" in finding.remedy


def test_another_java_than_17_is_not_well(monkeypatch, tmp_path):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.1\" 2023-10-17' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    finding = machine.java()

    assert finding.found.startswith("21 ")
    assert not finding.is_well


def test_a_machine_without_postgresql_is_well_and_says_who_needs_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    finding = machine.postgresql(tmp_path)

    assert finding.is_well
    assert "only the tests of databases need it: sudo apt-get install postgresql" in finding.found


def test_postgresql_is_found_where_debian_keeps_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    programs = tmp_path / "15" / "bin"
    programs.mkdir(parents=True)
    (programs / "initdb").touch()

    assert machine.postgresql(tmp_path).found == str(programs)


@pytest.mark.parametrize(("gib", "well"), [(5.9, False), (6, True), (24, True)])
def test_too_little_memory_is_not_well(gib, well):
    assert machine.memory(int(gib * 2**30)).is_well is well


def test_disk_is_looked_at_where_the_home_will_be(tmp_path):
    assert machine.disk(str(tmp_path / "not" / "there" / "yet"), free=6 * 2**30).is_well
    assert not machine.disk(str(tmp_path), free=4 * 2**30).is_well


def test_a_home_on_an_object_store_needs_no_disk():
    assert machine.disk("s3a://lake/home").is_well
