import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns import dname
from filterdns.dname import DNameError

ORG, EXAMPLE, WWW = b"\x03org\x00", b"\x07example\x03org\x00", b"\x03www\x07example\x03org\x00"

LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=8).filter(lambda found: sum(map(len, found)) < 240)
WIRES = LABELS.map(dname.from_labels)
HOSTS = st.lists(st.text("ab0-9", min_size=1, max_size=3), min_size=1, max_size=4).map(".".join).map(dname.from_text)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        (".", b"\x00"),
        ("org", ORG),
        ("org.", ORG),
        ("www.example.org", WWW),
        ("wWW.Example.ORG.", WWW),
        (r"a\.b.org", b"\x03a.b\x03org\x00"),
        (r"a\046b.org", b"\x03a.b\x03org\x00"),
        (r"a\\b", b"\x03a\\b\x00"),
        (r"\000\255", b"\x02\x00\xff\x00"),
        (r"\065", b"\x01a\x00"),
        (r"a\.", b"\x02a.\x00"),
        (r"a\..", b"\x02a.\x00"),
        ("a b", b"\x03a b\x00"),
        ("a" * 63, b"\x3f" + b"a" * 63 + b"\x00"),
        ("Bücher.example", b"\x0dxn--bcher-kva\x07example\x00"),
        ("straße.example", b"\x0dxn--strae-oqa\x07example\x00"),
        ("例え。テスト", b"\x0bxn--r8jz45g\x0axn--zckzah\x00"),
        (".".join(["a" * 63] * 3 + ["a" * 61]), (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"a" * 61 + b"\x00"),
    ],
)
def test_from_text(text: str, wire: bytes) -> None:
    assert dname.from_text(text) == wire


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty name"),
        ("..", "empty label"),
        (".org", "empty label"),
        ("a..b", "empty label"),
        (r"a.\046..b", "empty label"),
        ("a" * 64, "label longer than 63"),
        (".".join(["a" * 63] * 4), "longer than 255"),
        (".".join(["a" * 63] * 3 + ["a" * 62]), "longer than 255"),
        (r"a\256", r"\\256 is not an octet"),
        (r"a\12", "backslash"),
        ("a\\", "backslash"),
        ("ü" * 64, "not an international domain name"),
        ("\u2028.example", "not an international domain name"),
        ("a\\ü", "not an international domain name"),
    ],
)
def test_from_text_refuses(text: str, reason: str) -> None:
    with pytest.raises(DNameError, match=reason):
        dname.from_text(text)


@given(st.text())
def test_any_text_is_a_name_or_an_error(text: str) -> None:
    try:
        wire = dname.from_text(text)
    except DNameError:
        return
    assert dname.from_text(dname.to_text(wire)) == wire
    assert len(wire) <= 255


@given(WIRES)
def test_round_trip(wire: bytes) -> None:
    assert dname.from_text(dname.to_text(wire)) == wire
    assert dname.from_labels(dname.labels(wire)) == wire


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (b"\x00", "."),
        (WWW, "www.example.org"),
        (b"\x03a.b\x00", r"a\046b"),
        (b"\x03a\\b\x00", r"a\092b"),
        (b"\x02\x00\xe9\x00", r"\000\233"),
        (b"\x05_dm-c\x00", "_dm-c"),
    ],
)
def test_to_text(wire: bytes, text: str) -> None:
    assert dname.to_text(wire) == text


def test_labels_and_parents() -> None:
    assert dname.labels(WWW) == [b"www", b"example", b"org"]
    assert list(dname.parents(WWW)) == [WWW, EXAMPLE, ORG]
    assert dname.labels(dname.ROOT) == list(dname.parents(dname.ROOT)) == []


@pytest.mark.parametrize(
    ("wire", "apex", "below"),
    [
        (WWW, WWW, True),
        (WWW, EXAMPLE, True),
        (WWW, ORG, True),
        (WWW, dname.ROOT, True),
        (dname.ROOT, dname.ROOT, True),
        (EXAMPLE, WWW, False),
        (dname.ROOT, ORG, False),
        (b"\x07xample3\x03org\x00", b"\x07example\x03org\x00", False),
        (b"\x05a\x03org\x00", ORG, False),  # the octets of org, but inside a label
        (b"\x0anotexample\x03org\x00", EXAMPLE, False),
    ],
)
def test_is_below(wire: bytes, apex: bytes, *, below: bool) -> None:
    assert dname.is_below(wire, apex) is below


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ({}, None),
        ({ORG: "org"}, "org"),
        ({ORG: "org", EXAMPLE: "example"}, "example"),
        ({WWW: "www", ORG: "org"}, "www"),
        ({b"\x03com\x00": "com"}, None),
        ({dname.ROOT: "root"}, None),
    ],
)
def test_closest(held: dict[bytes, str], found: str | None) -> None:
    assert dname.closest(WWW, held) == found


@given(WIRES, st.lists(WIRES, max_size=4))
def test_closest_is_the_longest_that_encloses(wire: bytes, names: list[bytes]) -> None:
    held = {name: name for name in [*names, wire[len(wire) // 2 :]]}
    enclosing = [name for name in dname.parents(wire) if name in held]
    assert dname.closest(wire, held) == (max(enclosing, key=len) if enclosing else None)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("example.org", True),
        ("a.b", True),
        ("_sip._tcp.example.org", True),
        ("a-b.org", True),
        ("a--b.org", True),
        ("4.example", True),
        (".", False),
        ("org", False),
        ("-a.org", False),
        ("a-.org", False),
        ("a b.org", False),
        ("*.example.org", False),
        ("192.168.1.1", False),
        (r"a\046b.org", False),
    ],
)
def test_is_host(text: str, *, host: bool) -> None:
    assert dname.is_host(dname.from_text(text)) is host
