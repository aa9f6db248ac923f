"""Start Spark's Python workers quickly: Spark runs this module where spark.python.daemon.module names it.

Spark's own starter forks a worker that has imported nothing, and a worker looks anew, before each task, for what there
is in pyspark.zip. The one costs some seconds of processor time a worker, the other a tenth of a second a task.
"""

import importlib
import sys
import zipimport
from contextlib import suppress
from pathlib import Path
from typing import Any

from pyspark.daemon import manager

# What nearly every worker imports with its first task.
IMPORTED = ("pandas", "pyarrow", "pyspark.sql.pandas.serializers", "tidemill.contract")


def look_only_at_changed_archives() -> None:
    """Have zip archives listed again only where their file is another; Python 3.12 does so by itself.

    Python 3.10 and 3.11 read the whole list of an archive again each time that import caches are to be forgotten, once
    for each package that was imported from it (python/cpython#103200).
    """
    if sys.version_info >= (3, 12):
        return
    read_again: Any = zipimport.zipimporter.invalidate_caches

    def invalidate_caches(importer: Any) -> None:
        try:
            found = Path(importer.archive).stat()
        except OSError:
            read_again(importer)
            return
        state = (found.st_mtime_ns, found.st_size, found.st_ino)
        if getattr(importer, "_listed", None) != state:
            importer._listed = state
            read_again(importer)

    zipimport.zipimporter.invalidate_caches = invalidate_caches  # type: ignore[assignment,method-assign]
    importlib.invalidate_caches()


def main() -> None:
    """Import what workers need, and fork one each time that Spark asks for it."""
    for name in IMPORTED:
        # A task that needs what is not there says so itself.
        with suppress(ImportError):
            importlib.import_module(name)
    look_only_at_changed_archives()
    manager()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
