"""Run moto's S3 as a process: python s3_server.py PORT.

Its own launcher answers in threads, and looks for an object and puts it in two steps, so that now and then two writers
of one key are both told that theirs is the first (If-None-Match: *). S3 promises that one of them is refused, and
tables rest on it. Here requests are answered one after the other.
"""

import sys
from collections.abc import Iterable
from threading import Lock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple


def one_after_the_other(application: Any) -> Any:
    """A WSGI application that answers one request at a time."""
    turn = Lock()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with turn:
            response: Iterable[bytes] = application(environ, start_response)
            return response

    return answer


if __name__ == "__main__":
    store = one_after_the_other(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(sys.argv[1]), store, threaded=True, request_handler=MotoRequestHandler)
