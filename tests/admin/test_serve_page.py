"""What the page's server believes of a web server before it, and of nobody else."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, request
from waitress.adjustments import Adjustments
from waitress.proxy_headers import proxy_headers_middleware

from filterdns.admin.gate import open_to_all
from filterdns.admin.serve import behind
from tests.admin.browser import Browser

TOLD = {"Host": "filter.home", "X-Forwarded-For": "192.0.2.1, 192.168.1.7", "X-Forwarded-Proto": "https"}


@pytest.fixture
def through(app: Flask) -> Callable[[str], Browser]:
    """A browser whose requests come from 127.0.0.1 with the words of a web server there."""

    def browser(proxy: str) -> Browser:
        told = Adjustments(listen="127.0.0.1:1", **behind(proxy))
        if told.trusted_proxy:  # as waitress.server puts it before the application
            app.wsgi_app = proxy_headers_middleware(  # type: ignore[method-assign]
                app.wsgi_app, told.trusted_proxy, told.trusted_proxy_count, told.trusted_proxy_headers,
                clear_untrusted=told.clear_untrusted_proxy_headers,
            )  # fmt: skip
        return Browser(app.test_client(use_cookies=False), TOLD)

    return browser


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("127.0.0.1", "192.168.1.7 https filter.home"),
        ("192.0.2.9", "127.0.0.1 http filter.home"),
        ("", "127.0.0.1 http filter.home"),
    ],
)
def test_who_is_believed(app: Flask, through: Callable[[str], Browser], proxy: str, told: str) -> None:
    app.add_url_rule("/seen", "seen", open_to_all(lambda: f"{request.remote_addr} {request.scheme} {request.host}"))
    assert through(proxy).get("/seen").text == told


@pytest.mark.parametrize(("proxy", "status"), [("127.0.0.1", 422), ("", 403)])
@pytest.mark.usefixtures("parent")
def test_forms_come_by_https_through_it(through: Callable[[str], Browser], proxy: str, status: int) -> None:
    browser = through(proxy)
    page = browser.get("/login")
    cookie = page.headers["Set-Cookie"]
    assert ("Secure" in cookie) is bool(proxy)
    [token] = re.findall(r'name="csrf" value="(\w+)"', page.text)
    form = {"csrf": token, "name": "Mum", "password": "wrong horse"}
    headers = TOLD | {"Origin": "https://filter.home", "Cookie": cookie.partition(";")[0]}
    assert browser.client.post("/login", data=form, headers=headers).status_code == status
