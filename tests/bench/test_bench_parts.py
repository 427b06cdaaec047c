import random
import struct
from itertools import islice
from pathlib import Path

import pytest

from bench import client, home, measure, mutate, names, process, queries, report
from filterdns import dname

STATISTICS = """
Statistics:

  Queries sent:         60445
  Queries completed:    60440 (99.99%)
  Queries lost:         5 (0.01%)

  Response codes:       NOERROR 60000 (99.27%), SERVFAIL 440 (0.73%)
  Queries per second:   12074.377928
"""


def test_generated_names_are_valid_repeatable_and_nearly_all_different() -> None:
    found = list(islice(names.generated(), 5000))
    assert found == list(islice(names.generated(), 5000))
    assert all(dname.is_host(dname.from_text(name)) for name in found)
    assert len(set(found)) > 4900


def test_listed_names_are_as_many_as_asked_for_and_all_different() -> None:
    assert len(set(names.listed(3000))) == 3000


def test_mixes_keep_listed_names_apart_from_cached_ones() -> None:
    listed = list(islice(names.generated(), 1000))
    asked = queries.mixes(listed, home=[f"a.{listed[0]} A", "plain.example A", "x.lan A", "1.0.0.127.in-addr.arpa PTR"])
    assert asked.cached == ["plain.example A"]
    assert {line.split()[0] for line in asked.blocked} <= set(listed)
    assert len(set(asked.blocked_wide)) == len(listed)


def test_misses_never_repeat_within_a_run_nor_between_runs() -> None:
    rows = [line for run in (1, 2) for line in islice(queries.misses(["a.example", "b.example"], run), 1000)]
    assert len(set(rows)) == 2000


def test_dnsperf_statistics_are_read() -> None:
    seen = measure.parse(STATISTICS)
    assert (seen.rate, seen.sent, seen.lost) == (12074.377928, 60445, 5)
    assert seen.codes == {"NOERROR": 60000, "SERVFAIL": 440}
    assert seen.failed == 445


def test_output_without_statistics_is_an_error_in_one_line() -> None:
    with pytest.raises(process.BenchError, match="no statistics"):
        measure.parse("dnsperf: unable to bind")


@pytest.mark.parametrize(
    ("records", "address"),
    [(b"", None), (b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x0a\x00\x04\xc0\x00\x02\x01", "192.0.2.1")],
)
def test_the_address_in_an_answer(records: bytes, address: str | None) -> None:
    query = client.question("www.example.com", number=7)
    answer = query[:2] + struct.pack("!HHHHH", 0x8180, 1, bool(records), 0, 0) + query[12:] + records
    assert client.address_in(answer) == address


def test_latencies_know_percentiles_and_what_was_lost() -> None:
    seen = client.Latencies(102, tuple(float(number) for number in range(100)))
    assert (seen.lost, seen.percentile(0.5), seen.percentile(0.99)) == (2, 50.0, 99.0)


def test_mutations_are_repeatable_and_change_nearly_every_query() -> None:
    sound = mutate.seeds()
    rows = [
        [mutate.mutated(sound[at % len(sound)], sound[-1], dice) for at in range(2000)]
        for dice in (random.Random(1), random.Random(1))
    ]
    assert rows[0] == rows[1]
    assert sum(row not in sound for row in rows[0]) > 1800
    assert max(map(len, rows[0])) <= 4096


def test_a_ratio_stands_for_every_server_that_was_measured() -> None:
    figures = report.Figures()
    for server, values in (("FilterDNS", (30.0, 10.0, 20.0)), ("unbound", (40.0,))):
        for value in values:
            figures.add(server, "cached", value)
    text = report.text(figures, ["FilterDNS", "unbound"], 1000, 3, 5)
    assert "| cached, 5,000 different questions, q/s | 20 | 40 | 0.50 |" in text
    assert "10 - 30" in text


def test_the_household_of_the_bench_has_six_people_and_twenty_devices(tmp_path: Path) -> None:
    from filterdns.household import document  # noqa: PLC0415

    found = document.read(home.household(1_800_000_000).encode(), str(tmp_path), {"roblox"})
    assert (len(found.people), len(found.devices)) == (6, 20)
    assert {device.person for device in found.devices} == {person.name for person in found.people}
