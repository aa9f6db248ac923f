from tidemill.cli.doctor import packages

LOCK = """\
PyYAML==6.0.2 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
typing_extensions==4.12.2 \\
    --hash=sha256:cc
pywin32==311 ; sys_platform == 'win32' \\
    --hash=sha256:dd
"""
INSTALLED = {"pyyaml": "6.0.2", "typing-extensions": "4.12.2", "torch": "2.13.0", "horovod": "0.28.1", "more": "1"}
LIST = """\
# Tables
io.delta:delta-spark_2.12:3.3.2

exclude com.example:heavy
org.postgresql:postgresql:42.7.8
"""


def test_an_environment_as_locked_is_well():
    finding = packages.python_packages(LOCK, INSTALLED)

    assert finding.is_well
    assert finding.found == "4 as in requirements.lock"


def test_a_package_of_another_version_and_a_missing_one_are_named():
    finding = packages.python_packages(LOCK, {"pyyaml": "6.0.1", "typing-extensions": "4.12.2", "torch": "2.13.0"})

    assert finding.found == "pyyaml 6.0.1 instead of 6.0.2, horovod missing"
    assert finding.remedy == "rm -rf .venv and make setup"


def test_only_the_first_few_wrong_packages_are_named():
    assert packages.listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


def test_artifacts_are_read_from_the_list_without_its_exclusions():
    assert packages.artifacts(LIST) == [("delta-spark_2.12", "3.3.2"), ("postgresql", "42.7.8")]


def test_a_missing_jar_is_named_with_what_to_do():
    assert packages.jvm_artifacts(LIST, {"delta-spark_2.12-3.3.2.jar", "postgresql-42.7.8.jar"}).is_well

    finding = packages.jvm_artifacts(LIST, {"delta-spark_2.12-3.3.1.jar", "postgresql-42.7.8.jar"})

    assert finding.found == "missing delta-spark_2.12-3.3.2.jar"
    assert finding.remedy is not None
