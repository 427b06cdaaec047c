"""The first quarter of an hour, whole: from the code on the console to a box that is asked and filters."""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect

from filterdns.household import changes
from filterdns.household.edits import person_of
from tests.browser import chromium, examine
from tests.browser.family import PARENT, PASSWORD, has_page
from tests.browser.network import BOX, BOX6, CONSOLE_MAC, PHONE_MAC, Network
from tests.browser.walk import PATIENCE_MS, PHONE, Walk, Watch
from tests.house import House, Upstream, wait_until

MOST_TAPS = 20
ADULT, BLOCKED = "pornhub.com", "0.0.0.0"  # noqa: S104 - an answer, nothing binds to it


@pytest.mark.skipif(chromium.PROGRAM is None, reason=chromium.MISSING)
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="a network of its own needs root and iproute2")
@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_from_the_code_to_a_family_that_is_protected(tmp_path: Path, pictures: Path | None, scripts: bool) -> None:  # noqa: FBT001 - a column
    with ThreadPoolExecutor(1) as elsewhere:  # a thread can be in another network than the rest
        elsewhere.submit(in_a_home, tmp_path, pictures if scripts else None, scripts=scripts).result()


def in_a_home(folder: Path, pictures: Path | None, *, scripts: bool) -> None:
    network = Network(folder)
    with network.on_box():
        upstream = Upstream()
        box = House(folder, upstream, BOX)
        box.port, box.web = 53, 80
        box.config.write_text(
            f"dns:\n  listen: ['{BOX}:53', '[{BOX6}]:53']\n  upstreams: ['udp://127.0.0.1:{upstream.port}']\n"
            f"web:\n  listen: ['{BOX}:80']\nstate: {box.state}\n"
        )
        (folder / "household.yaml").write_text("lists: {size: none}\n")  # a test downloads nothing
        done = box.run("household", "import", str(folder / "household.yaml"))
        assert done.returncode == 0, done.stderr
        box.serve()
    try:
        wait_until(lambda: has_page(box, BOX) and len(box.log) >= 3, box.tail)
        with chromium.of_somebody(
            folder / "profile", java_script_enabled=scripts, viewport=PHONE, locale="en-GB",
            timezone_id="Europe/Berlin", reduced_motion="reduce",
        ) as context:  # fmt: skip
            context.set_default_timeout(PATIENCE_MS)
            watch = Watch(f"http://{BOX}")
            page = context.new_page()
            watch.over(page)
            walk = Walk(page, watch.origin, runs_scripts=scripts)
            first_quarter(walk, box, pictures)
            assert watch.faults == []
    finally:
        box.stop()
        upstream.close()
        network.close()


def first_quarter(walk: Walk, box: House, pictures: Path | None) -> None:
    main = walk.page.locator("main")
    assert box.address(ADULT) == BLOCKED  # before anybody has set anything up
    [code] = re.findall(r"Set-up code: (\S+)", "\n".join(box.log))

    walk.begin()
    look_at(walk, "setup-begin", pictures)
    walk.write("Set-up code", code.lower())
    walk.write("Your name", PARENT)
    walk.write("A new password", PASSWORD)
    walk.button("Begin")

    assert walk.path == "/setup/house"
    if walk.runs_scripts:
        expect(main.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    walk.write("Time zone", "Berlin")
    walk.write("Country", "Germany")
    walk.button("Go on")

    assert walk.path == "/setup/children"
    for row, name, age in ((2, "Lea", "9"), (3, "Max", "15")):
        walk.write("Name", name, main.get_by_role("group", name=f"Person {row}"))
        walk.write("Age", age, main.get_by_role("group", name=f"Person {row}"))
    walk.button("Go on")

    assert walk.path == "/setup/devices"
    look_at(walk, "setup-devices-found", pictures)
    for device, owner in (("Nintendo", "Lea"), ("in your hand", PARENT)):
        walk.button(owner, main.locator("form").filter(has_text=device))
    walk.button("Go on")

    assert walk.path == "/setup/router"
    for address in (BOX, BOX6):
        assert main.get_by_text(address, exact=True).is_visible()
    walk.button("Go on")

    assert walk.path == "/setup/check"
    asked = main.get_by_role("listitem").filter(has_text="This device asks this box")
    expect(asked.get_by_text("yes")).to_be_visible(timeout=PATIENCE_MS)  # the page looks again by itself
    walk.button("Done")

    assert walk.path == "/"
    assert walk.taps <= MOST_TAPS
    family = changes.read(box.state)
    assert (family.timezone, family.country) == ("Europe/Berlin", "DE")
    assert [person_of(family, name).age for name in ("Lea", "Max", PARENT)] == [9, 15, None]
    assert {(device.mac, device.person) for device in family.devices} == {(CONSOLE_MAC, "Lea"), (PHONE_MAC, PARENT)}
    assert walk.card("Lea").is_visible()
    wait_until(lambda: box.address(ADULT) != BLOCKED)  # asked from Anna's phone, which is known to be hers


def look_at(walk: Walk, name: str, pictures: Path | None) -> None:
    """As every other page is looked at, which takes scripts; then go on as before."""
    if not walk.runs_scripts:
        return
    found = examine.faults(walk.page, name, pictures)
    assert not found, "\n".join(found)
    walk.page.set_viewport_size(PHONE)
    walk.page.reload()
