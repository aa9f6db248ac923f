"""Secrets: always a reference to an environment variable, read at the moment of use, so that nothing can print one."""

import os
import re
from typing import Annotated
from urllib.parse import unquote

from pydantic import AfterValidator

from tidemill.errors import RequestWrong

REFERENCE = re.compile(r"^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$")

# user@host, scott/tiger@host, and the parameters by which drivers take a user, a password or a key.
CREDENTIALS = re.compile(
    r"//[^/?#;]*@|:oracle:\w+:[^/@]+/[^/@]*@|[?&;](user|username|userid|uid|\w*pass(word|wd|phrase)?|pwd|\w*secret|\w*token)\s*=",
    re.IGNORECASE,
)


class MissingSecret(RequestWrong):
    """The environment lacks the variable that a secret refers to."""

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"the environment variable {variable} is not set, and the configuration takes a secret from it. "
            f"Set it where this job is started: export {variable}=..."
        )


def _is_reference(value: str) -> str:
    if not REFERENCE.match(value):
        raise ValueError("a secret is written ${env:NAME}, never in the file itself")
    return value


def require_no_credentials(url: str) -> None:
    """Refuse a database's URL that has a user or a password in it, without repeating it.

    Raises:
        ValueError: it has.
    """
    if CREDENTIALS.search(unquote(url)):
        raise ValueError("the URL has a user or password in it; write them as user and password: ${env:NAME}")


Secret = Annotated[str, AfterValidator(_is_reference)]
"""A field of this type holds the text ${env:NAME}; `revealed` gives the value behind it."""


def revealed(value: str) -> str:
    """The text itself, or the secret where the text is a reference to one.

    Raises:
        MissingSecret: the variable is not set.
    """
    reference = REFERENCE.match(value)
    if reference is None:
        return value
    secret = os.environ.get(reference.group(1))
    if secret is None:
        raise MissingSecret(reference.group(1))
    return secret
