import lzma
from pathlib import Path

import pytest

from bench.makers import MOST_BYTES, SOURCE, TARGET, lines, short
from filterdns.household.makers import is_random, maker_of


@pytest.mark.parametrize(
    ("mac", "maker"),
    [
        ("00:00:00:12:34:56", "Xerox"),
        ("3c:22:fb:00:00:01", "Apple"),
        ("b8:27:eb:ff:ff:ff", "Raspberry Pi Foundation"),
        ("3E:22:FB:00:00:01", ""),  # made up by the device
        ("00:00:5e:00:53:01", "Icann, Iana Department"),
        ("fc:fe:ff:00:00:00", ""),
        ("ff:ff:ff:ff:ff:ff", ""),
    ],
)
def test_makers(mac: str, maker: str) -> None:
    assert maker_of(mac) == maker


@pytest.mark.parametrize(
    ("mac", "random"),
    [("00:11:22:33:44:55", False), ("02:11:22:33:44:55", True), ("fe:11:22:33:44:55", True), ("a4:0:0:0:0:0", False),
     ("da:a1:19:00:00:00", True)],
)  # fmt: skip
def test_addresses_that_devices_make_up(mac: str, random: bool) -> None:  # noqa: FBT001
    assert is_random(mac) is random


def test_every_line_is_found() -> None:
    written = lzma.decompress(TARGET.read_bytes()).decode().splitlines()
    assert len(written) > 30_000
    assert written == sorted(written)
    for line in written:
        mac = f"{line[:2]}:{line[2:4]}:{line[4:6]}:00:00:01"
        assert maker_of(mac) == ("" if is_random(mac) else line[6:])


def test_the_file_is_small() -> None:
    assert TARGET.stat().st_size <= MOST_BYTES


@pytest.mark.parametrize(
    ("name", "shorter"),
    [
        ("Apple, Inc.", "Apple"),
        ("Samsung Electronics Co.,Ltd", "Samsung Electronics"),
        ("HUAWEI TECHNOLOGIES CO.,LTD", "Huawei Technologies"),
        ("TP-LINK TECHNOLOGIES CO.,LTD.", "TP-Link Technologies"),
        ("Intel Corporate", "Intel"),
        ("IBM Corp", "IBM"),
        ("Hon Hai Precision Ind. Co.,Ltd.", "Hon Hai Precision"),
        ("Co. Ltd.", "Co"),
        ("GUANGDONG OPPO MOBILE TELECOMMUNICATIONS CORP.,LTD", "Guangdong Oppo Mobile"),
        ("A" + "b" * 60, "A" + "b" * 27),
        ("Bücher\tGmbH", "Bcher"),
    ],
)
def test_names_in_short(name: str, shorter: str) -> None:
    assert short(name) == shorter


def test_a_register_becomes_lines(tmp_path: Path) -> None:
    register = tmp_path / "oui.csv"
    register.write_text(
        "Registry,Assignment,Organization Name,Organization Address\n"
        'MA-L,F00000,"Late, Inc.",Nowhere\nMA-L,00ABCD,Private,\nMA-L,00AB00,IEEE Registration Authority,Here\n'
        "MA-L,00AB01,Early GmbH,There\n"
    )
    assert lines(register) == ["00AB01Early", "F00000Late"]


@pytest.mark.skipif(not SOURCE.exists(), reason="Debian's package ieee-data is not installed")
def test_the_register_of_this_machine_can_be_read() -> None:
    assert len(lines(SOURCE)) > 30_000
