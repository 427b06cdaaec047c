"""Ways round the gate, as octets on a connection to the page's real server, by somebody without a session."""

import itertools
import logging
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, request, request_finished
from waitress.server import create_server

from bench import process
from bench.page_attacks import House, Result
from filterdns.admin import gate
from tests.admin.crawl import Route, routes

TRICKS = """{} //x{} /{} /./{} {}/ {};x {}%00 {}%0a {}%20 {}/. {}%2f /login/..{} /static/..{} /static/%2e%2e{}
//localhost{} {}?x=/static/ {}#x http://localhost{} http://evil.example{} \\{} /%2e{} /login%3f/..{}""".split()
WAYS = (
    "Host: localhost",
    "Host: localhost\r\nX-Forwarded-For: 127.0.0.1",
    "Host: localhost\r\nX-Forwarded-Host: localhost\r\nForwarded: for=127.0.0.1;host=localhost",
    "Host: localhost\r\nX-Original-URL: /login\r\nX-Rewrite-URL: /login",
    "Host: localhost\r\nX-HTTP-Method-Override: GET",
    "Host: localhost\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "Host: localhost\r\nCookie: filterdns=../../../rules.db",
    f"Host: localhost\r\nCookie: filterdns={'A' * 43}; filterdns={'B' * 43}",
    "Host: localhost\r\nAuthorization: Bearer x",
    "Host: localhost\r\nAuthorization: Bearer",
    "Host: localhost\r\nHost: evil.example",
    "Host: evil.example\r\nHost: localhost",
    "Host: localhost\r\nScript-Name: /static",
)
"""Header lines of a request."""


def bypasses(house: House, most: int) -> Result:
    """Every closed address of the page, by every trick in its path and its headers."""
    result = Result("requests of nobody's that got past the gate")
    answered: list[str | None] = []

    def note(_app: Flask, response: Response) -> None:
        if 200 <= response.status_code < 300:
            answered.append(request.endpoint)

    closed = list(_closed(house.app))
    with serving(house.app) as port, request_finished.connected_to(note, house.app):
        for trick, way, route in itertools.islice(itertools.product(TRICKS, WAYS, closed), most):
            result.tried += 1
            answered.clear()
            status = _send(port, f"{route.method} {trick.format(route.path)} HTTP/1.1\r\n{way}\r\n")
            got = [endpoint for endpoint in answered if endpoint is None or not _is_open(house.app, endpoint)]
            if got or status >= 500:
                result.through.append(f"{route.method} {trick.format(route.path)} {way!r}: {status} {got}")
    return result


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """The application by the server that it has in use -> its port on loopback."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    [port] = process.free_ports(1)
    server = create_server(app, host="127.0.0.1", port=port, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        server.close()


def _send(port: int, head: str) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while more := connection.recv(1 << 16):
            answer += more
    found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return int(found[1]) if found else 0


def _closed(app: Flask) -> Iterator[Route]:
    return (route for route in routes(app) if not _is_open(app, route.endpoint))


def _is_open(app: Flask, endpoint: str) -> bool:
    mark = gate.mark_of(app.view_functions[endpoint])
    return mark is not None and mark.role is None
