"""Put a page into its folder by one rename, so that a reader never sees half of one."""

import os
import tempfile
from pathlib import Path

from tidemill.errors import RunFailed


class ReportsNotWritable(RunFailed):
    """The folder of the reports, or a page in it, cannot be written."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"{where}: the page cannot be written here ({reason}). Free the disk or mend the folder's permissions, or "
            "choose another folder of this machine with --set reports=FOLDER."
        )


def write_page(reports: str, name: str, text: str) -> Path:
    """Write a page.

    Args:
        reports: the configured folder, a path or file: URI.
        name: the page's place in it, as in runs/1.html.
        text: the whole page.

    Returns:
        The page's path.

    Raises:
        ReportsNotWritable: the disk or the folder refused it, or the folder is in a store.
    """
    if "://" in reports and not reports.startswith("file:"):
        raise ReportsNotWritable(reports, "it is no folder of this machine")
    folder = Path("/" + reports.removeprefix("file:").lstrip("/")) if reports.startswith("file:") else Path(reports)
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(partial).chmod(0o644)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReportsNotWritable(str(path), error.strerror or str(error)) from error
    return path
