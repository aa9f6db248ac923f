"""Run every check and say, a line each, ok or what to do."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tidemill.cli.doctor import engines, machine, packages
from tidemill.cli.doctor.finding import Finding
from tidemill.config import Config, load_config
from tidemill.session import spark_session

SETUP = "rm -rf .venv and make setup; TIDEMILL_TRACE=1 with a job shows where it fails"


def doctor(
    home: Annotated[str | None, typer.Option(help="Where data live (TIDEMILL_HOME, else .tidemill).")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Look only; start neither Spark nor Horovod.")] = False,
) -> None:
    """Check that this machine is ready, and say what to do where it is not."""
    config = load_config(home=home)
    console = Console(highlight=False, soft_wrap=True)
    failed = 0
    for finding in findings(config, quick):
        console.print(line(finding))
        failed += not finding.is_well
    if failed:
        console.print(f"{failed} to mend, marked with a cross above.")
        raise typer.Exit(1)
    console.print("This machine is ready.")


def findings(config: Config, quick: bool) -> Iterator[Finding]:
    """What each check found, as it is found.

    Args:
        config: says where the home, the lock and the list of artifacts are.
        quick: leave out what starts Spark or Horovod.
    """
    root = config.conf_dir.parent
    java = machine.java()
    yield java
    yield machine.memory()
    yield machine.disk(config.home)
    yield machine.postgresql()
    yield packages.python_packages((root / "requirements.lock").read_text(encoding="utf-8"))
    artifact_list = (config.conf_dir / "spark" / "packages.txt").read_text(encoding="utf-8")
    yield packages.jvm_artifacts(artifact_list, packages.spark_jars())
    if not quick and java.is_well:
        yield from _engines(config)


def _engines(config: Config) -> Iterator[Finding]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        elsewhere = config.model_copy(update={"home": folder})
        try:
            spark = stack.enter_context(spark_session(elsewhere, "tidemill doctor"))
        except Exception as error:
            yield Finding("Spark", f"does not start: {_reason(error)}", SETUP)
        else:
            yield attempted("Delta", lambda: engines.delta(spark, str(Path(folder) / "lake")))
            yield attempted("Spark NLP", lambda: engines.spark_nlp(spark))
    yield attempted("Horovod", engines.horovod)


def attempted(about: str, check: Callable[[], Finding]) -> Finding:
    """What a check found, where its own failure is a finding too: the doctor goes on to the next."""
    try:
        return check()
    except Exception as error:
        return Finding(about, f"fails: {_reason(error)}", SETUP)


def line(finding: Finding) -> Text:
    """A finding as a line for a terminal."""
    mark = ("✓", "green") if finding.is_well else ("✗", "bold red")
    text = Text.assemble(mark, f" {finding.about:<16} {finding.found}")
    return text if finding.remedy is None else text.append(f". Next: {finding.remedy}", style="yellow")


def _reason(error: Exception) -> str:
    text = str(error).strip().split("\n", maxsplit=1)[0][:300]
    return f"{type(error).__name__}: {text}"
