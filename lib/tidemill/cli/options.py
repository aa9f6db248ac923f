"""Options that several commands have, as the jobs have them."""

from typing import Annotated

import typer

Environment = Annotated[str, typer.Option("--env", help="conf/ENV.yaml over conf/base.yaml.")]
Home = Annotated[str | None, typer.Option(help="Where data live, a path or URI (TIDEMILL_HOME, else .tidemill).")]
Overrides = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line instead, for programs.")]
