"""Hostile words in a real browser: Debian's Chromium opens every page that shows them, and must find nothing to do."""

from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page

from bench.page_attacks import House, Result
from bench.page_names import BATCH, plant
from bench.page_ways import serving
from filterdns import dname
from filterdns.admin import gate
from filterdns.blocklists import builtin
from filterdns.blocklists.compile import compile_table
from filterdns.household import changes, collect
from tests.admin.crawl import routes
from tests.admin.hostile import TEXTS, WIRES
from tests.browser import chromium

NO_PAGES = (".csv", ".yaml", ".json", ".css", "/metrics")


def opened(house: House, most: int) -> Result:
    """Plant each text everywhere, have each name asked for, and open every page with scripts on."""
    result = Result(f"dialogs, errors or breaches of the Content-Security-Policy in a browser ({most} texts)")
    compile_table(house.state / "published" / "domains", [*builtin.sources()])
    with serving(house.app) as port, chromium.running() as browser:
        for at in range(0, most, BATCH):
            plant(house, TEXTS[at : at + BATCH])
            _ask(house, WIRES[at : at + BATCH], at)
            context = browser.new_context()
            cookie = house.parent().client.get_cookie(gate.COOKIE)
            context.add_cookies(
                [{"name": gate.COOKIE, "value": cookie.value if cookie else "", "url": _url(port, "/")}]
            )
            _open_all(house, port, context, result)
            context.close()
    return result


def _open_all(house: House, port: int, context: BrowserContext, result: Result) -> None:
    page = context.new_page()
    page.on("dialog", lambda dialog: _dismiss(page, dialog, result))
    page.on("pageerror", lambda error: result.through.append(f"{page.url}: {error}"))
    page.on("console", lambda message: _heard(page, message, result))
    known = changes.read(house.state)
    for route in routes(house.app):
        if route.method != "GET" or route.path.startswith("/api/") or route.path.endswith(NO_PAGES):
            continue
        number = str((known.devices if "devices" in route.path else known.people)[0].id)
        result.tried += 1
        page.goto(_url(port, route.path.replace("/1", f"/{number}")), wait_until="load")


def _dismiss(page: Page, dialog: Dialog, result: Result) -> None:
    result.through.append(f"{page.url}: {dialog.message}")
    dialog.dismiss()


def _heard(page: Page, message: ConsoleMessage, result: Result) -> None:
    if "Content Security Policy" in message.text:
        result.through.append(f"{page.url}: {message.text}")


def _ask(house: House, wires: list[bytes], number: int) -> None:
    """As workers write it down and the page's program collects it."""
    spool = house.state / "run" / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    now = int(house.clock.epoch)
    lines = (f"{now}\t192.168.1.7\t\t0\t{dname.to_text(wire)}\t1\tpass\tdefault\t\t1\n" for wire in wires)
    Path(spool / f"0-{number}.tsv").write_text("".join(lines))
    collect.collect(house.state, now)


def _url(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}{path}"
