"""What every job shares on its command line, and how its end is told to the caller."""

import argparse
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import structlog

from tidemill.config.loading import load_config
from tidemill.config.model import Config
from tidemill.errors import TidemillError

Result = Mapping[str, Any]


class JobArguments(argparse.ArgumentParser):
    """An argument parser that answers a mistake in one line and exits with 2."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; an unknown option is told before a missing one, which it mostly is, mistyped."""
        known = {option for action in self._actions for option in action.option_strings}
        given = list(sys.argv[1:] if args is None else args)
        unknown = [one for one in given if one.startswith("--") and one.partition("=")[0] not in known]
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return super().parse_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, the nearest known argument, and where help is."""
        unknown = message.removeprefix("unrecognized arguments: ").split()[0] if message.startswith("unrecog") else ""
        known = [option for action in self._actions for option in action.option_strings]
        nearest = get_close_matches(unknown, known, n=1)
        hint = f" Did you mean {nearest[0]}?" if nearest else ""
        self.exit(2, f"{self.prog}: {message}.{hint} See {self.prog}.py --help\n")

    def config(self, request: argparse.Namespace) -> Config:
        """The configuration that the parsed request asks for."""
        config = load_config(request.environment, request.home, request.overrides)
        configure_logging(config.log_level)
        return config


def job_arguments(name: str, description: str | None) -> JobArguments:
    """A parser with the arguments of every job: --env, --home and --set."""
    parser = JobArguments(prog=name, description=description, allow_abbrev=False)
    parser.add_argument("--env", dest="environment", default="local", help="conf/ENV.yaml over conf/base.yaml (local)")
    parser.add_argument("--home", help="where data live, a path or URI (TIDEMILL_HOME, else .tidemill)")
    parser.add_argument(
        "--set",
        dest="overrides",
        action="extend",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="settings of the configuration, or MODEL.KEY=VALUE of conf/models/MODEL.yaml; may be repeated",
    )
    return parser


def run_job(main: Callable[[list[str]], Result]) -> int:
    """Run a job's main and return its exit status: the result as one JSON line on stdout, an error as one on stderr."""
    name = Path(sys.argv[0]).stem
    _part_stderr_from_stdout()
    try:
        result = main(sys.argv[1:])
    except TidemillError as error:
        _tell(name, str(error))
        _trace()
        return error.exit_status
    except KeyboardInterrupt:
        _tell(name, "stopped by the keyboard; run it again to finish what it had begun.")
        return 130
    except Exception as error:  # the last line of defence: a person gets one line, TIDEMILL_TRACE=1 the rest
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        _tell(name, f"unexpected {type(error).__name__}: {reason} (set TIDEMILL_TRACE=1 to see where)")
        _trace()
        return 1
    sys.stdout.write(json.dumps(result, default=str) + "\n")
    return 0


def _part_stderr_from_stdout() -> None:
    """Give this process the stderr of the spark-submit that started it, which hands on both its streams as stdout."""
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return
    try:
        stderr = os.open(f"/proc/{os.getppid()}/fd/2", os.O_WRONLY | os.O_APPEND)
    except OSError:
        return  # no such place on this system, or a socket: messages stay on stdout, before the result
    os.dup2(stderr, sys.__stderr__.fileno() if sys.__stderr__ else 2)
    os.close(stderr)


def _tell(name: str, message: str) -> None:
    sys.stderr.write(f"{name}: {' '.join(message.split())}\n")


def _trace() -> None:
    if os.environ.get("TIDEMILL_TRACE"):
        traceback.print_exc()


def configure_logging(level: str) -> None:
    """What the library has to say, from a level on, as JSON lines on stderr."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        # Looked up at each use: stderr may be another one by then.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
