"""Secrets: always a reference to an environment variable, read at the moment of use, so that nothing can print one."""

import os
import re
from typing import Annotated

from pydantic import AfterValidator

from tidemill.errors import RequestWrong

REFERENCE = re.compile(r"^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$")


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
