"""MLflow's store in a SQLite file, made once a process: its sixty-nine migrations take seconds each time."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tidemill.registry.local_store import ensure_local_store


def ready_store(home: Path) -> str:
    """Put an empty store under a home, where a configuration's defaults look for it.

    Returns:
        The tracking URI.
    """
    file = home / "mlflow" / "mlflow.db"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_empty())
    return f"sqlite:///{file}"


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "mlflow.db"
        ensure_local_store(f"sqlite:///{file}")
        return file.read_bytes()
