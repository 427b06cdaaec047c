"""A browser without a window, and the time in tests of the page."""

import re
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

NOW = 1_790_000_000.0  # 2026-09-21, a Monday, 14:13 UTC
PASSWORD = "correct horse"


@dataclass
class Clock:
    """What time it is in a test."""

    epoch: float = NOW
    steady: float = 1000.0

    def pass_(self, seconds: float) -> None:
        self.epoch += seconds
        self.steady += seconds


@dataclass
class Browser:
    """A browser that sends our own forms as a person would."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **words: object) -> TestResponse:
        return self.client.get(path, headers=self.headers, **words)  # type: ignore[arg-type]

    def send(self, path: str, page: str = "/login", **form: object) -> TestResponse:
        """Post a form with the token that a page gives this browser."""
        return self.client.post(path, data={"csrf": self.token(page), **form}, headers=self.headers)

    def token(self, page: str = "/login") -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.client.get(page, follow_redirects=True).text)
        assert found, page
        return found[1]

    def upload(self, path: str, content: bytes, name: str = "household.yaml", page: str = "/account") -> TestResponse:
        """Post a form with one file in it."""
        head = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
        shown = name.replace('"', "%22").replace("\n", "%0A")
        token = (head.format("csrf", "") + self.token(page)).encode()
        file = head.format("file", f'; filename="{shown}"').encode() + content
        body = b"\r\n".join([b"--limit", token, b"--limit", file, b"--limit--\r\n"])
        return self.client.post(path, data=body, content_type="multipart/form-data; boundary=limit")
