import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import environment

ROOT = Path(__file__).parents[2]


def make(*arguments, **variables):
    # Run by make test, this process has make's own variables, which would change what another make does.
    own = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        check=False,
        cwd=ROOT,
        env={**own, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


def path_with_only(folder, *commands):
    for command in commands:
        (folder / command).symlink_to(shutil.which(command))
    return str(folder)


def test_make_without_a_target_lists_the_targets_with_help():
    listed = make().stdout

    for target in ("setup", "demo", "test", "lint", "doctor", "package", "bench", "clean"):
        assert any(line.split()[:1] == [target] and len(line.split()) > 2 for line in listed.splitlines()), target


def test_a_second_set_up_repeats_no_step():
    assert "deploy/setup/" not in make("--dry-run", "steps").stdout


def test_every_missing_prerequisite_is_named_in_one_line_with_how_to_get_it(tmp_path):
    path = path_with_only(tmp_path, "bash", "dirname", "sed")
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}

    ended = subprocess.run(
        [shutil.which("bash"), ROOT / "deploy" / "setup" / "prerequisites.sh"],
        check=False,
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 1
    # What only some tests need is told too, of a machine that lacks it.
    lines = [line for line in ended.stderr.splitlines() if "missing " in line]
    assert [line.split("missing ")[1].split(":")[0].split(" (")[0] for line in lines] == [
        "git",
        "g++",
        "make",
        "Python 3.11 with venv",
        "Java 17",
    ]
    assert all("sudo apt-get install" in line for line in lines)


@pytest.mark.parametrize(("name", "said"), [("", "name a benchmark"), ("no_such", "there is no benchmarks/no_such.py")])
def test_a_benchmark_that_is_not_there_is_named(name, said):
    ended = make("bench", f"NAME={name}", "-o", "setup")

    assert ended.returncode == 2
    assert said in ended.stderr


def test_the_zip_for_executors_holds_the_library_and_is_importable():
    ended = make("package", "-o", "setup")

    archive = ROOT / ended.stdout.strip().splitlines()[-1]
    told = subprocess.run(
        [sys.executable, "-S", "-c", "import tidemill; print(tidemill.__file__)"],
        check=True,
        env={"PYTHONPATH": str(archive)},
        capture_output=True,
        text=True,
    ).stdout
    assert told.startswith(str(archive))


@pytest.fixture
def version():
    """spark-submit --version, and what its launcher told of the JVM's command."""
    submit = Path(sys.executable).with_name("spark-submit")

    def ask(*options):
        told = {**environment(), "SPARK_PRINT_LAUNCH_COMMAND": "1"}
        return subprocess.run(
            [submit, *options, "--version"], cwd=ROOT, env=told, check=True, capture_output=True, text=True
        ).stderr

    return ask


def test_a_job_takes_sparks_classes_from_the_archive_that_the_set_up_made(version, tmp_path):
    loaded = tmp_path / "loaded"

    version("--driver-java-options", f"-Xlog:class+load:file={loaded}")

    (line,) = [
        line for line in loaded.read_text().splitlines() if " org.apache.spark.deploy.SparkSubmit source:" in line
    ]
    assert line.endswith("shared objects file (top)")


def test_a_job_may_be_watched_by_a_flight_recorder_from_its_start(version, tmp_path):
    told = version("--driver-java-options", f"-XX:StartFlightRecording=filename={tmp_path / 'flight.jfr'}")

    assert "Spark Command" in told and "SharedArchiveFile" not in told
    assert (tmp_path / "flight.jfr").stat().st_size > 0


def test_a_class_path_of_ones_own_is_kept(version):
    assert "-cp /of/ones/own.jar:" in version("--driver-class-path", "/of/ones/own.jar")
