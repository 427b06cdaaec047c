"""TOTP as RFC 6238 has it (its appendix B, cut to six digits), and each code once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.household import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("epoch", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_the_rfcs_own_values(epoch: int, code: str) -> None:
    assert totp.code(SECRET, epoch // totp.STEP) == code
    assert totp.matching_step(SECRET, code, epoch, 0) == epoch // totp.STEP
    assert totp.matching_step(SECRET, f" {code[:3]} {code[3:]}", epoch, 0) == epoch // totp.STEP


@pytest.mark.parametrize(("late", "fits"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_phones_clock_may_be_half_a_minute_off(late: int, *, fits: bool) -> None:
    now = 1_790_000_010
    code = totp.code(SECRET, (now + late) // totp.STEP)
    assert (totp.matching_step(SECRET, code, now, 0) is not None) == fits


def test_a_code_works_once() -> None:
    now = 1_790_000_010.0
    step = totp.matching_step(SECRET, totp.code(SECRET, int(now) // totp.STEP), now, 0)
    assert step
    assert totp.matching_step(SECRET, totp.code(SECRET, step), now, step) is None


@given(st.text(max_size=12))
def test_any_text(text: str) -> None:
    found = totp.matching_step(SECRET, text, 1_790_000_010, 0)
    assert found is None or "".join(text.split()) == totp.code(SECRET, found)


def test_what_an_app_reads() -> None:
    assert totp.as_text(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    assert (
        totp.uri(SECRET, "Mum & Dad")
        == "otpauth://totp/FilterDNS:Mum%20%26%20Dad?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=FilterDNS"
    )
