"""The lake's tables for a page that asks again every few seconds: nothing that has not changed is read twice."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import pyarrow as pa

from tidemill.config import Config
from tidemill.lake.listing import table_names
from tidemill.lake.stored import Bounds, StoredTable, opened

Answer = TypeVar("Answer")
# A table's log is asked for news at most this often, in seconds.
NEWS_EVERY = 1.0
# The lake is asked which tables it has at most this often, in seconds.
NAMES_EVERY = 30.0
MOST_ANSWERS = 500
MOST_BYTES = 256 * 2**20


class Tables:
    """The newest versions of the lake's tables, and what was made of them.

    An answer is kept with the versions of the tables that it was made from, and what was read of a file with the file,
    which never changes. Both are bounded: MOST_ANSWERS answers, MOST_BYTES of rows; the longest unused go first.

    Args:
        config: says where the lake is.
        clock: seconds that rise.
    """

    def __init__(self, config: Config, clock: Callable[[], float] = monotonic) -> None:
        self._config = config
        self._clock = clock
        self._lock = Lock()
        self._locks: dict[str, Lock] = {}
        self._opened: dict[str, tuple[StoredTable | None, float]] = {}
        self._names: tuple[list[str], float] = ([], -NAMES_EVERY)
        self._answers: OrderedDict[Hashable, tuple[tuple[int | None, ...], Any]] = OrderedDict()
        self._pieces: OrderedDict[Hashable, pa.Table | None] = OrderedDict()
        self._bytes = 0

    def names(self) -> list[str]:
        """The tables that the lake has, by layer and name.

        Raises:
            TableNotReadable: the store refused.
        """
        found, asked = self._names
        if self._clock() - asked >= NAMES_EVERY:
            found = table_names(self._config)
            self._names = found, self._clock()
        return found

    def table(self, name: str) -> StoredTable | None:
        """The table at its newest version, or None where it was never written.

        Raises:
            TableNotReadable: the store refused.
        """
        with self._locked(name):
            held, asked = self._opened.get(name, (None, -NEWS_EVERY))
            if self._clock() - asked < NEWS_EVERY:
                return held
            held = opened(self._config, name) if held is None else held.newer()
            if held is not None:
                held.files()  # known before another thread asks for a newer version
            self._opened[name] = (held, self._clock())
            return held

    def version(self, name: str) -> int | None:
        """The table's newest version."""
        table = self.table(name)
        return None if table is None else table.version

    def remembered(self, key: Hashable, names: Sequence[str], make: Callable[[], Answer]) -> Answer:
        """What was made of tables, made anew where one of them has changed.

        Args:
            key: of the question.
            names: of the tables that the answer comes from.
            make: the answer.
        """
        versions = tuple(self.version(name) for name in names)
        with self._lock:
            known = self._answers.get(key)
        if known is not None and known[0] == versions:
            return known[1]
        answer = make()
        with self._lock:
            self._answers[key] = (versions, answer)
            self._answers.move_to_end(key)
            while len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        return answer

    def rows(self, name: str, columns: Sequence[str], among: Bounds, bounds: Bounds | None = None) -> pa.Table | None:
        """Rows of a table, each file's read once.

        Args:
            name: the table.
            columns: which to read.
            among: bounds that choose files by their statistics, and no rows: the rows of a chosen file all come.
            bounds: what rows must satisfy.

        Returns:
            The rows, or None where there are none.
        """
        table = self.table(name)
        if table is None:
            return None
        wanted = sorted(table.may_hold({**among, **(bounds or {})}))
        question = (name, tuple(columns), tuple(sorted((bounds or {}).items())))
        found = [self._piece(table, path, columns, bounds, question) for path in wanted]
        pieces = [piece for piece in found if piece is not None]
        return pa.concat_tables(pieces, promote_options="default") if pieces else None

    def _piece(
        self, table: StoredTable, path: str, columns: Sequence[str], bounds: Bounds | None, question: Hashable
    ) -> pa.Table | None:
        key = (question, path)
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
                return self._pieces[key]
        pieces = list(table.pieces(columns, bounds, files=(path,)))
        # Filtered rows are slices that would hold their whole row group.
        piece = pa.concat_tables(pieces).combine_chunks() if pieces else None
        with self._lock:
            if key not in self._pieces:
                self._pieces[key] = piece
                self._bytes += piece.nbytes if piece is not None else 0
            while self._bytes > MOST_BYTES:
                _, gone = self._pieces.popitem(last=False)
                self._bytes -= gone.nbytes if gone is not None else 0
        return piece

    def _locked(self, name: str) -> Lock:
        with self._lock:
            return self._locks.setdefault(name, Lock())
