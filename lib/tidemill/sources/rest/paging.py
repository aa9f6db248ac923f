"""From one answer to the next request, and what shows that an API leads in a circle."""

from typing import Any

import structlog

from tidemill.contract.sources.rest import Pages
from tidemill.errors import RunFailed
from tidemill.sources.rest.addresses import Addresses
from tidemill.sources.rest.client import Answer
from tidemill.sources.rest.content import MISSING, value_at


class PagesInACircle(RunFailed):
    """An answer leads to a page that was fetched before."""

    def __init__(self, where: str, target: str) -> None:
        super().__init__(
            f"{where}: the answer leads to {target}, which this fetch has asked for before, so that it would never "
            "end. Nothing was taken; check 'pages' under source."
        )


class RepeatedPage(RunFailed):
    """Two pages in a row are the same."""

    def __init__(self, where: str, parameter: str) -> None:
        super().__init__(
            f"{where}: the answer is the one before it again, byte by byte, so that the API does not seem to know the "
            f"parameter '{parameter}'. Nothing was taken; check 'pages' under source."
        )


class WrongCursor(RunFailed):
    """What leads to the next page is no text."""

    def __init__(self, where: str, path: str) -> None:
        super().__init__(f"{where}: at '{path}' stands neither text nor a number. Check 'pages' under source.")


class Paging:
    """How one source's answers lead on.

    Args:
        pages: of the contract; None for a source of one page.
        addresses: of the source.
        start: parameters of every request beside the contract's.
    """

    def __init__(self, pages: Pages | None, addresses: Addresses, start: dict[str, str]) -> None:
        self._pages = pages or Pages.model_construct()
        self._addresses = addresses
        parameters = dict(start)
        if asked := self._pages.asked:
            parameters[asked.parameter] = str(asked.value)
        if self._pages.page:
            parameters[self._pages.page] = str(self._pages.first)
        elif self._pages.offset:
            parameters[self._pages.offset] = "0"
        self.first = addresses.first(parameters)

    @property
    def counter(self) -> str | None:
        """The parameter that counts pages or records."""
        return self._pages.page or self._pages.offset

    @property
    def missing_is_end(self) -> bool:
        """Whether status 404 follows the last page."""
        return self._pages.end == "not_found"

    def after(self, answer: Answer, content: Any, page: int, count: int, total: int) -> str | None:
        """The address of the next page.

        Args:
            answer: the one that was had last.
            content: its JSON.
            page: its number, from 1.
            count: its records.
            total: the records of all pages so far.

        Returns:
            The address, None where this page is the last.

        Raises:
            RunFailed: the answer leads somewhere else or to nothing that can be asked for.
        """
        pages = self._pages
        if counter := self.counter:
            asked = pages.asked
            if not count or (pages.end == "short" and asked is not None and count < asked.value):
                return None
            number = pages.first + page if pages.page else total
            return self._addresses.with_parameter(self.first, counter, str(number))
        if pages.link:
            target = answer.links.get(pages.link)
            return self._addresses.led_to(answer.address, target, answer.where) if target else None
        path = pages.cursor or pages.next
        found = self._found(path, answer, content, page) if path else None
        if found is None:
            return None
        if pages.cursor and pages.parameter:
            return self._addresses.with_parameter(self.first, pages.parameter, found)
        return self._addresses.led_to(answer.address, found, answer.where)

    def _found(self, path: str, answer: Answer, content: Any, page: int) -> str | None:
        found = value_at(content, path)
        if found is MISSING and page == 1:
            # Some APIs leave it out on the last page, so that a wrong path looks like an end.
            structlog.get_logger().warning("nothing_leads_on_from_the_first_page", where=answer.where, path=path)
        # No API counts on to 0 from somewhere before it.
        if found is MISSING or found is None or found is False or found in ("", "0"):
            return None
        if not isinstance(found, str):
            raise WrongCursor(answer.where, path)
        return str(found)
