"""What stands in an answer: its JSON, its records, and single values, found by dotted paths."""

import codecs
import re
from io import BytesIO
from typing import Any

from tidemill.errors import RunFailed
from tidemill.formats.decoding import text_blocks
from tidemill.formats.json_text import DECODER

# Other names that Python knows are no character sets of text on the web, and some are expensive to decode.
_CHARSET = re.compile(r"(?i)^(us-ascii|iso-8859-\d+|windows-125\d|utf-?(16|32)([bl]e)?)$")
MISSING = object()


class NotJson(RunFailed):
    """An answer is no JSON, or ends in its middle."""

    def __init__(self, where: str, status: int, text: str) -> None:
        begins = " ".join(text[:60].split())
        if not text.strip():
            problem = "the answer is empty"
        elif text.lstrip()[0] + text.rstrip()[-1] not in ("{}", "[]") and text.lstrip()[0] in "{[":
            problem = f"the JSON is truncated after {len(text)} characters"
        else:
            problem = f"the answer is no JSON; it begins with {begins!r}"
        super().__init__(
            f"{where}: status {status}, but {problem}. Check source.url, or ask whoever runs the API; run again then, "
            "and the fetch goes on at this page."
        )


class NoRecords(RunFailed):
    """An answer has no records where the contract says."""

    def __init__(self, where: str, path: str | None, found: Any) -> None:
        if path is None:
            problem = f"the answer is {_kind(found)}, expected an array of records or one record"
        elif found is MISSING:
            problem = f"there is nothing at '{path}'"
        else:
            problem = f"at '{path}' stands {_kind(found)}, expected an array"
        super().__init__(f"{where}: {problem}. Set 'records' under source to the path of the array in the answer.")


def parsed(body: bytes, charset: str, where: str, status: int) -> Any:
    """The JSON of an answer, numbers as delivered; bytes that do not decode are kept as lone surrogates.

    Raises:
        NotJson: it is none.
    """
    text = "".join(text_blocks(BytesIO(body), encoding_of(charset)))
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError):
        raise NotJson(where, status, text) from None


def encoding_of(charset: str) -> str:
    """Python's name of the encoding of an answer: UTF-8, as JSON is, unless the header names another."""
    return codecs.lookup(charset).name if _CHARSET.match(charset) else "utf-8-sig"


def records_in(content: Any, path: str | None, where: str) -> list[Any]:
    """The records of an answer; none where null stands in their place.

    Raises:
        NoRecords: there is no array at the path.
    """
    found = content if path is None else value_at(content, path)
    if found is None:
        return []
    if path is None and isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise NoRecords(where, path, found)
    return found


def value_at(content: Any, path: str) -> Any:
    """What stands at a dotted path, MISSING where nothing does; a name that is there literally wins."""
    if isinstance(content, dict) and path in content:
        return content[path]
    for name in path.split("."):
        if not isinstance(content, dict) or name not in content:
            return MISSING
        content = content[name]
    return content


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with {', '.join(sorted(map(str, value))[:10])}"
    if isinstance(value, list):
        return "an array"
    return "text or a number"
