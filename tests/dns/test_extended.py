import pytest

from filterdns.dns.extended import extended_error
from filterdns.policy.decide import Reason


@pytest.mark.parametrize(
    ("reason", "rule", "expected"),
    [
        (Reason.CATEGORY, "category:games", (17, "Category: games")),
        (Reason.CATEGORY, "service:roblox", (17, "Service: roblox")),
        (Reason.CATEGORY, "window:3", (17, "Not at this hour")),
        (Reason.CATEGORY, "safe_search", (17, "A search engine without safe search")),
        (Reason.CATEGORY, "category:malware", (15, "Category: malware")),
        (Reason.CATEGORY, "category:phishing", (15, "Category: phishing")),
        (Reason.ILLEGAL, "", (15, "Blocked")),
        (Reason.REBINDING, "rebinding", (15, "A private address for a public name")),
        (Reason.PAUSED, "pause:1", (17, "Paused")),
        (Reason.OFF, "window:1", (17, "Internet is off now")),
        (Reason.NAME_RULE, "rule:1", (17, "Blocked by a rule")),
        (Reason.NOT_ON_LIST, "allow_only", (17, "Not on the allowed list")),
        (Reason.USED_UP, "minutes:games", (17, "Time is used up for today")),
    ],
)
def test_a_family_s_own_rule_is_17_security_and_operators_are_15(
    reason: Reason, rule: str, expected: tuple[int, str]
) -> None:
    assert extended_error(reason, rule) == expected
