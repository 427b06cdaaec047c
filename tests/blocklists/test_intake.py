"""Lists from a real server of this machine, good and bad: what is in force afterwards, and what is said about it."""

import gzip
import io
import tarfile
from functools import partial
from pathlib import Path

import pytest

from filterdns import listing
from filterdns.blocklists import results
from filterdns.blocklists.download import Fetched, fetch
from filterdns.blocklists.remote import DAY, HOUR, RemoteList
from filterdns.blocklists.table import DomainTable
from filterdns.blocklists.update import Orders, Report, update
from filterdns.dname import from_text
from filterdns.policy.category import BITS
from tests.blocklists.web import HOME, Certificates, Web, answer, web

gzipped = partial(gzip.compress, mtime=0)  # the same octets whenever tests are collected

NOW = 1_790_000_000.0
CANARIES = [f"n{number}.good.example" for number in range(1000)]
GOOD = ("\n".join(CANARIES) + "\n").encode()
OTHERS = "".join(f"n{number}.other.example\n" for number in range(1000)).encode()


class Home:
    """A state folder with one list from a server."""

    def __init__(self, state: Path, server: Web) -> None:
        self.state = state
        self.server = server
        self.said: list[str] = []
        self.path = "/list"
        self.more: dict[str, object] = {}

    def offer(self, body: bytes, *fields: str) -> None:
        self.server.says["/list"] = answer(body, *fields)

    def update(self, now: float = NOW, *, limits: dict[str, object] | None = None, **more: object) -> Report:
        get = partial(fetch, resolve=lambda _: [HOME], limits=self.server.limits(**limits or {}))
        wanted = RemoteList("own:Ours", "games", "Ours", self.server.url(self.path), **self.more)
        return update(self.state, Orders(now, (wanted,), get, **more), self.said.append)

    @property
    def entry(self) -> results.ListState:
        return next(entry for entry in results.read(self.state) if entry.id == "own:Ours")

    def blocked(self, names: list[str]) -> int:
        table = DomainTable.open(self.state / "published" / "domains")
        try:
            return sum(bool(table.tags(from_text(name)) & BITS["games"]) for name in names)
        finally:
            table.close()

    def shown(self) -> str:
        return "\n".join(listing.lines(results.read(self.state), NOW))


@pytest.fixture
def home(tmp_path: Path, server: Web) -> Home:
    home = Home(tmp_path, server)
    home.offer(GOOD)
    return home


@pytest.fixture
def settled(home: Home) -> Home:
    """A home whose list is in force."""
    home.update()
    assert home.blocked(CANARIES) == 1000
    assert home.entry.result == "in use"
    return home


def archive(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            about = tarfile.TarInfo(f"adult/{name}")
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return packed.getvalue()


def redirect(to: str) -> bytes:
    return answer(b"", f"Location: {to}", status="302 Found")


LATER = "its content from before is in use"
BAD = {
    "empty": (answer(b""), "is empty"),
    "white": (answer(b" \r\n\n"), "is empty"),
    "one line": (answer(CANARIES[0].encode()), "fewer than half of the 1,000 of before"),
    "less than half": (answer(b"\n".join(GOOD.split(b"\n")[:499])), "fewer than half of the 1,000 of before"),
    "six times": (answer(b"".join(GOOD.replace(b"n", b"n%d" % part) for part in range(6))), "more than 5 times"),
    "another list": (answer(OTHERS), "holds other names"),
    "a page": (answer(b"<!DOCTYPE html><html>log in", "Content-Type: text/plain"), "is a web page"),
    "a page said to be one": (answer(GOOD, "Content-Type: text/html"), "the server sends a web page"),
    "JSON": (answer(b'{"message": "Not Found"}'), "is JSON"),
    "octets": (answer(bytes(range(256)) * 40), "is not text"),
    "UTF-16": (answer(GOOD.decode().encode("utf-16")), "is not text"),
    "NULs": (answer(bytes(5000)), "is not text"),
    "prose": (answer(b"The service is down for maintenance today.\n" * 30), "holds no name"),
    "comments": (answer(b"# n1.good.example\n" * 30), "holds no name"),
    "everything": (answer(b".\n*\ncom\n*.com\n||org^\n"), "holds no name"),
    "patterns": (answer(b"/ads[0-9]+[.]example/\n" * 200_000), "holds no name"),
    "patterns and a name": (answer(b"/ads[0-9]+[.]example/\n" * 50_000 + GOOD), "hardly any line"),
    "a line without end": (answer(b"a" * 40_000_000), "holds no name"),
    "cut short": (answer(GOOD, "Content-Length: 99999"), "the connection broke off"),
    "gzip cut short": (answer(gzipped(GOOD)[:-9]), "gzip data ends too soon"),
    "a bomb": (answer(gzipped(bytes(50_000_000))), "more than 30 times its size"),
    "an archive without a list": (answer(archive(urls=b"x/y\n")), "archive"),
    "404": (answer(GOOD, status="404 Not Found"), "no such list"),
    "403": (answer(GOOD, status="403 Forbidden"), "does not give it to us"),
    "500": (answer(GOOD, status="500 Internal Server Error"), "does not give it to us now"),
    "no HTTP": (b"220 mail.example ESMTP\r\n", "is not HTTP"),
    "onwards without TLS": (redirect("http://lists.example/list"), "sends us on"),
    "onwards to a file": (redirect("file:///etc/passwd"), "sends us on"),
    "onwards to a portal": (redirect("/portal"), "is a web page"),
    "round and round": (redirect("/list"), "more than 3 times"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_download_changes_nothing_and_is_shown(settled: Home, kind: str):
    say, reason = BAD[kind]
    settled.server.says |= {"/list": say, "/portal": answer(b"<html>log in", "Content-Type: text/plain")}
    report = settled.update(NOW + DAY)
    assert (report.published, report.asked, report.failed) == (False, 1, 1)
    assert settled.blocked(CANARIES) == 1000
    assert settled.blocked(["n1.other.example", "x.org", "x.com", "ads1.example"]) == 0
    assert reason in settled.entry.result
    assert LATER in settled.entry.result
    assert settled.entry.result in settled.shown()
    assert any(settled.entry.result in line for line in settled.said)
    settled.offer(GOOD + b"new.good.example\n")
    assert settled.update(NOW + 2 * DAY).failed == 0
    assert settled.blocked([*CANARIES, "new.good.example"]) == 1001


@pytest.mark.parametrize(
    ("seconds", "limits", "reason"),
    [(30.0, {"idle": 0.1}, "fell silent"), (0.02, {"total": 0.3}, "did not come in time")],
)
def test_a_slow_server_changes_nothing(settled: Home, seconds: float, limits: dict[str, object], reason: str):
    begun = answer(GOOD, "Content-Length: 99999")
    settled.server.says["/list"] = settled.server.drips(begun, seconds=seconds)
    settled.update(NOW + DAY, limits=limits)
    assert settled.blocked(CANARIES) == 1000
    assert reason in settled.entry.result


@pytest.mark.parametrize(
    "kind", ["expired", "not yet valid", "wrong name", "unknown authority", "self-signed", "old TLS"]
)
def test_a_server_that_is_not_who_it_says_changes_nothing(settled: Home, certificates: Certificates, kind: str):
    with web(certificates.context(kind)) as other:
        other.says["/list"] = answer(OTHERS)
        settled.server = other
        settled.update(NOW + DAY)
    assert settled.blocked(CANARIES) == 1000
    assert "the server" in settled.entry.result
    assert settled.blocked(["n1.other.example"]) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"good", b"GooD"),
        GOOD + "bücher.example\n".encode(),
        b"# more\n! and more\n; and more\n" + GOOD.replace(b".example", b".example # why"),
        b"127.0.0.1 localhost\n::1 localhost\n" + b"".join(b"0.0.0.0\t%b\n" % line for line in GOOD.split()),
        b"[Adblock Plus]\n! Title: x\n" + b"".join(b"||%b^\n" % line for line in GOOD.split()),
        gzipped(GOOD),
        archive(usage=b"black\n", domains=GOOD, urls=b"elsewhere.example/x\n"),
        archive(**{"domains.0": GOOD[:9000].rpartition(b"\n")[0] + b"\n", "domains.1": b"\n".join(GOOD.split()[400:])}),
    ],
    ids=["BOM", "CRLF", "upper", "IDN", "comments", "hosts", "adblock", "gzip", "archive", "archive in parts"],
)
def test_a_list_in_another_form_is_the_same_list(settled: Home, body: bytes):
    settled.offer(body)
    settled.update(NOW + DAY)
    assert settled.entry.result == "in use"
    assert settled.entry.names - ("bücher".encode() in body) == 1000
    assert settled.blocked(CANARIES) == 1000
    assert settled.blocked(["localhost", "elsewhere.example"]) == 0


def test_help_and_our_own_names_stay_open_and_the_list_is_named(settled: Home):
    settled.offer(GOOD + b"rataufdraht.at\nchat.childline.org.uk\ncaptive.apple.com\nfilter.home.example\nuk\n")
    settled.update(NOW + DAY, own_names=("filter.home.example", "filter"))
    assert settled.entry.would_block == (
        "captive.apple.com", "chat.childline.org.uk", "filter.home.example", "rataufdraht.at",
    )  # fmt: skip
    assert "would block: captive.apple.com, chat.childline.org.uk," in settled.shown()
    table = DomainTable.open(settled.state / "published" / "domains")
    for name in settled.entry.would_block:
        assert table.tags(from_text(name)) & (BITS["helplines"] | BITS["essential"])
    table.close()
    settled.offer(GOOD)
    settled.update(NOW + 2 * DAY)
    assert settled.entry.would_block == ()


def test_what_stands_for_three_days_is_taken(settled: Home):
    for hours, more in ((24, b"a.example\n"), (48, b"b.example\n"), (72, b"")):
        settled.offer(OTHERS + more)
        settled.update(NOW + hours * HOUR)
        assert settled.blocked(CANARIES) == 1000
        assert "filterdns update --accept own:Ours takes it" in settled.entry.result
    settled.update(NOW + 96 * HOUR)
    assert settled.entry.result == "in use"
    assert settled.entry.refused_since is None
    assert settled.blocked(CANARIES) == 0
    assert settled.blocked(["n1.other.example"]) == 1


def test_what_looks_wrong_each_time_in_another_way_is_not_taken(settled: Home):
    for day in range(1, 9):
        settled.offer(OTHERS if day % 2 else CANARIES[0].encode())
        settled.update(NOW + day * DAY)
        assert settled.blocked(CANARIES) == 1000


def test_the_count_begins_anew_when_the_list_was_right_in_between(settled: Home):
    for day, body in enumerate((OTHERS, OTHERS, GOOD, OTHERS, OTHERS, OTHERS), 1):
        settled.offer(body)
        settled.update(NOW + day * DAY)
    assert settled.blocked(CANARIES) == 1000


def test_a_parent_can_say_that_it_is_right(settled: Home):
    settled.offer(OTHERS)
    settled.update(NOW + DAY, accept=frozenset({"own:Ours"}))
    assert settled.entry.result == "in use"
    assert settled.blocked(["n1.other.example"]) == 1


def test_a_fleeting_list_may_hold_other_names(settled: Home):
    settled.more = {"fleeting": True}
    settled.offer(OTHERS)
    settled.update(NOW + DAY)
    assert settled.entry.result == "in use"
    settled.offer(CANARIES[0].encode())
    settled.update(NOW + 2 * DAY)
    assert "fewer than half" in settled.entry.result


def test_another_address_is_another_list(settled: Home):
    settled.server.says["/moved"] = answer(OTHERS[:300])
    settled.path = "/moved"
    settled.update(NOW + 1, due_only=True)
    assert settled.entry.result == "in use"
    assert settled.blocked(CANARIES) == 0
    assert settled.blocked(["n1.other.example"]) == 1


def test_what_did_not_change_is_not_sent_and_nothing_is_compiled(home: Home):
    home.offer(GOOD, 'ETag: "1"')
    home.update()
    home.server.says["/list"] = answer(status="304 Not Modified")
    report = home.update(NOW + DAY)
    assert (report.published, report.failed) == (False, 0)
    assert b'If-None-Match: "1"' in home.server.asked[-1]
    assert (home.entry.changed, home.entry.reached) == (NOW, NOW + DAY)


def test_a_damaged_copy_is_fetched_again_or_the_one_before_is_used(settled: Home):
    def spoil() -> None:
        entry = settled.entry
        [file] = (settled.state / "lists" / "kept").glob(f"own-ours-*.{entry.digest[:32]}")
        file.write_bytes(file.read_bytes()[:100])

    settled.offer(GOOD + b"new.good.example\n", 'ETag: "2"')
    settled.update(NOW + DAY)
    spoil()
    settled.update(NOW + DAY + 1, due_only=True)
    assert b"If-None-Match" not in settled.server.asked[-1]
    assert settled.blocked([*CANARIES, "new.good.example"]) == 1001
    spoil()
    settled.server.says["/list"] = answer(status="500 Oops")
    settled.update(NOW + DAY + 2)
    assert settled.blocked(CANARIES) == 1000
    assert LATER in settled.entry.result


@pytest.mark.parametrize("name", ["results.json", "results.json.previous", "both"])
def test_lost_results_lose_no_list(settled: Home, name: str):
    for file in (settled.state / "lists").glob("results.json*" if name == "both" else name):
        file.write_bytes(b"{")
    settled.server.says["/list"] = answer(status="500 Oops")
    settled.update(NOW + DAY)
    assert settled.blocked(CANARIES) == 1000
    assert LATER in settled.entry.result


def test_only_what_is_due_is_asked_for(settled: Home):
    asked = len(settled.server.asked)
    assert settled.update(NOW + 22 * HOUR, due_only=True).asked == 0
    assert settled.update(NOW + 24 * HOUR, due_only=True).asked == 1
    settled.server.says["/list"] = answer(status="500 Oops")
    times = [48, 48.2, 49, 50, 51, 53, 55, 57]
    done = [settled.update(NOW + hours * HOUR, due_only=True).asked for hours in times]
    assert done == [1, 0, 1, 0, 1, 0, 1, 0]
    assert len(settled.server.asked) == asked + 1 + 4


def test_without_downloads_a_list_waits(home: Home):
    orders = Orders(NOW, (RemoteList("own:Ours", "games", "Ours", home.server.url()),))
    assert update(home.state, orders, home.said.append).asked == 0
    assert home.entry.result == "not downloaded yet"
    assert not home.entry.is_bad
    assert home.server.asked == []
    home.update(NOW + 1, due_only=True)
    assert home.blocked(CANARIES) == 1000


def test_when_nobody_knows_what_is_wanted_everything_stays(settled: Home):
    update(settled.state, Orders(NOW + DAY, None, _never), settled.said.append)
    assert settled.blocked(CANARIES) == 1000
    assert settled.entry.result == "in use"


def _never(*_: object, **__: object) -> Fetched:
    raise AssertionError


def test_who_downloads_nothing_waits_for_no_download(home: Home):
    """A filter that starts while lists come in slowly has its names at once, and what came is in force after."""
    seen: list[int] = []

    def slow(*words: object, **more: object) -> Fetched:
        found = fetch(*words, resolve=lambda _: [HOME], limits=home.server.limits(), **more)
        wanted = (RemoteList("own:Ours", "games", "Ours", home.server.url()),)
        assert update(home.state, Orders(NOW, wanted), home.said.append).published
        seen.append(home.blocked(["roblox.com"]))
        return found

    update(home.state, Orders(NOW, (RemoteList("own:Ours", "games", "Ours", home.server.url()),), slow), str)
    assert seen == [1]
    assert home.said[:1] != ["waiting for another update to end"]
    assert home.blocked(CANARIES) == 1000


def test_a_list_that_is_not_wanted_any_more_is_forgotten(settled: Home):
    update(settled.state, Orders(NOW + DAY, (), _never), settled.said.append)
    assert settled.blocked(CANARIES) == 0
    assert list((settled.state / "lists" / "kept").iterdir()) == []


def test_one_list_s_failure_is_its_own(home: Home):
    home.server.says["/bad"] = answer(b"<html>", "Content-Type: text/plain")
    get = partial(fetch, resolve=lambda _: [HOME], limits=home.server.limits())
    wanted = tuple(
        RemoteList(f"own:{name}", "games", name, home.server.url(path))
        for name, path in (("a", "/gone"), ("b", "/bad"), ("c", "/list"), ("d", "/gone#x"))
    )
    report = update(home.state, Orders(NOW, wanted, get), home.said.append)
    assert (report.asked, report.failed) == (4, 3)
    assert home.blocked(CANARIES) == 1000
    assert [entry.result.partition(":")[0] for entry in report.lists[:4]] == [
        "left out",
        "left out",
        "in use",
        "left out",
    ]


def test_the_generation_before_is_kept_and_no_other(settled: Home):
    for day in range(1, 5):
        settled.offer(GOOD + b"n%d.new.example\n" % day)
        settled.update(NOW + day * DAY)
    kept = {file.name.partition(".")[2] for file in (settled.state / "lists" / "kept").iterdir()}
    assert kept == {settled.entry.digest[:32], settled.entry.previous[:32]}
