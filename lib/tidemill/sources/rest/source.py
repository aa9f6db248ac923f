"""A REST source: what the API has that no run has taken yet, fetched once and kept until a run has it."""

import hashlib
import json

from pyspark.sql import DataFrame, SparkSession

from tidemill.contract import Contract
from tidemill.contract.sources import RestSource as Settings
from tidemill.sources.rest.addresses import Addresses
from tidemill.sources.rest.client import LARGEST_ANSWER, Answer, Client
from tidemill.sources.rest.content import parsed, records_in
from tidemill.sources.rest.paging import PagesInACircle, Paging, RepeatedPage
from tidemill.sources.rest.rows import spooled_rows
from tidemill.sources.rest.spool import Page, Spool
from tidemill.sources.rest.watermark import Watermark
from tidemill.sources.source import Json, Slice, Source

_NO_CONTENT = 204


class RestSource(Source):
    """The API of a contract.

    A fetch's pages lie in `SPOOL/DATASET/REQUEST`, REQUEST a hash of the progress and of the contract's source: a fetch
    that was interrupted goes on at its page, one of a changed source is begun anew.

    Args:
        spark: the session.
        contract: whose source is of kind rest.
        spool: local path or URI (of fsspec) that executors can reach.
        back_off: seconds before the second attempt of a request at most; twice that before the third, and so on.
        largest: bytes of one answer at most.
    """

    def __init__(
        self,
        spark: SparkSession,
        contract: Contract,
        spool: str,
        back_off: float = 1.0,
        largest: int = LARGEST_ANSWER,
    ) -> None:
        assert isinstance(contract.source, Settings)  # noqa: S101
        self._spark = spark
        self._contract = contract
        self._settings = contract.source
        self._addresses = Addresses(contract.source)
        self._spool = f"{spool.rstrip('/')}/{contract.name}"
        self._back_off = back_off
        self._largest = largest
        since = contract.source.since
        self._watermark = (
            Watermark(contract.delivered_name(since.column), contract.columns[since.column]) if since else None
        )

    def waiting(self, progress: Json | None) -> Slice | None:
        """Fetch what the API has since the progress, to the last page; see `Source.waiting`.

        What was fetched and not released yet is not fetched again.

        Returns:
            The slice, None where the API gave no record.

        Raises:
            RunFailed: the API does not answer as it should; the pages so far are kept.
        """
        known = dict(progress or {"fetch": 0})
        start = self._since(known)
        folder = self._folder(known)
        with Spool(self._spool).held():
            self._drop_others(folder)
            spool = Spool(f"{self._spool}/{folder}")
            last = spool.last()
            if last is None or last.next is not None:
                last = self._fetched(spool, last, start, known.get("since"))
            if not last.total:
                spool.delete()
                return None
        request = self._addresses.shown(self._addresses.first(start))
        after = {"fetch": known["fetch"] + 1, **({"since": last.since} if last.since is not None else {})}
        return Slice({"folder": folder, "pages": last.number, "request": request}, after, size=last.size)

    def rows(self, taken: Slice) -> DataFrame:
        """The records of a slice; see `rows.spooled_rows`.

        Raises:
            SpooledPageGone: a page is not in the spool any more.
        """
        spool = Spool(f"{self._spool}/{taken.range['folder']}")
        pages = taken.range["pages"]
        size = spool.page(pages).size
        uris = [spool.uri(number) for number in range(1, pages + 1)]
        fields, records = self._contract.delivered_names, self._settings.records
        return spooled_rows(self._spark, uris, size, fields, records, taken.range["request"])

    def release(self, taken: Slice) -> None:
        """Delete the pages of a slice; nothing where they are gone."""
        Spool(f"{self._spool}/{taken.range['folder']}").delete()

    def _fetched(self, spool: Spool, last: Page | None, start: dict[str, str], since: str | None) -> Page:
        """The last page of the fetch, with all pages up to it spooled; `last` is the last that is spooled now."""
        paging = Paging(self._settings.pages, self._addresses, start)
        address = paging.first if last is None else last.next
        asked = {paging.first, *(spool.page(number).next for number in range(1, (last.number if last else 0) + 1))}
        with Client(self._settings, self._addresses, self._back_off, self._largest) as client:
            while address is not None:
                number = last.number + 1 if last else 1
                answer = client.get(address, number, paging.missing_is_end and number > 1)
                page = self._page(paging, answer, number, last, since)
                if page.next in asked and page.next is not None:
                    raise PagesInACircle(f"page {number}", self._addresses.shown(page.next))
                asked.add(page.next)
                spool.add(page, answer.body if answer else b"")
                last, address = page, page.next
        assert last is not None  # noqa: S101 - a first page is always asked for
        return last

    def _page(self, paging: Paging, answer: Answer | None, number: int, last: Page | None, since: str | None) -> Page:
        total, size, since = (last.total, last.size, last.since) if last else (0, 0, since)
        if answer is None or answer.status == _NO_CONTENT:
            return Page(number, "", answer.status if answer else 404, 0, total, size, since, "", None)
        content = parsed(answer.body, answer.charset, answer.where, answer.status)
        records = records_in(content, self._settings.records, answer.where)
        digest = hashlib.sha256(answer.body).hexdigest()
        if paging.counter and records and last and digest == last.digest:
            raise RepeatedPage(answer.where, paging.counter)
        if self._watermark:
            since = self._watermark.greatest(records, since, answer.where)
        total += len(records)
        following = paging.after(answer, content, number, len(records), total)
        size += len(answer.body)
        return Page(number, answer.charset, answer.status, len(records), total, size, since, digest, following)

    def _since(self, progress: Json) -> dict[str, str]:
        since = self._settings.since
        return {since.parameter: progress["since"]} if since and "since" in progress else {}

    def _folder(self, progress: Json) -> str:
        since = self._settings.since
        column = self._contract.columns[since.column].model_dump_json() if since else ""
        return f"{_hash(json.dumps(progress, sort_keys=True))}-{_hash(self._settings.model_dump_json() + column)}"

    def _drop_others(self, folder: str) -> None:
        """Remove what no run will ask for: fetches before another progress, and unfinished ones of another source."""
        request = folder.partition("-")[0]
        for other in Spool(self._spool).folders():
            if other == folder:
                continue
            spool = Spool(f"{self._spool}/{other}")
            last = spool.last() if other.partition("-")[0] == request else None
            if last is None or last.next is not None:
                spool.delete()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
