"""Accounts, sessions and tokens: nothing that is kept opens anything, and somebody is always left who may all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from filterdns.household import changes, totp
from filterdns.household.accounts import MOST_ACCOUNTS, AccountError, Accounts, Role
from filterdns.household.sessions import CODE_WITHIN, IDLE, LONGEST, MOST_SESSIONS, MOST_TOKENS, Sessions
from filterdns.household.store import NAME, Store

NOW = 1_790_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    changes.publish_current(tmp_path)
    with Store(tmp_path / NAME) as opened, opened.transaction():
        yield opened


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return Accounts(store)


@pytest.fixture
def sessions(store: Store) -> Sessions:
    return Sessions(store)


def begin(sessions: Sessions, parent: int, now: float = NOW, *, half: bool = False) -> str:
    return sessions.begin(parent, now, address="192.168.1.20", browser="a test", waits_for_code=half)


@pytest.mark.parametrize(
    ("role", "needed", "may"),
    [(Role.PARENT, Role.PARENT, True), (Role.PARENT, Role.VIEWER, True), (Role.HELPER, Role.HELPER, True),
     (Role.HELPER, Role.PARENT, False), (Role.VIEWER, Role.HELPER, False), (Role.VIEWER, Role.VIEWER, True)],
)  # fmt: skip
def test_who_may_what(role: Role, needed: Role, *, may: bool) -> None:
    assert role.may(needed) == may


def test_a_password_is_known_by_its_hash_only(accounts: Accounts, store: Store) -> None:
    mum = accounts.add(" Mum ", Role.PARENT, "correct horse")
    assert accounts.named("mUM") == mum
    assert accounts.password_fits(mum, "correct horse")
    assert not accounts.password_fits(mum, "correct horsE")
    assert not accounts.password_fits(mum, "")
    assert not accounts.password_fits(None, "correct horse")
    [row] = store.rows("SELECT * FROM parents")
    assert row["password"].startswith("scrypt:8192:8:5$")
    assert "horse" not in str(row)


@pytest.mark.parametrize(
    ("name", "password", "fault"),
    [
        ("", "correct horse", "A name has 1"),
        ("\n", "correct horse", "A name has 1"),
        ("x" * 81, "correct horse", "A name has 1"),
        ("a\u202eb", "correct horse", "A name has 1"),
        ("Dad", "short12", "at least 8"),
        ("Dad", "x" * 201, "at most 200"),
        ("Dad", "aaaaaaaa", "too easy"),
        ("Dad", "Password", "too easy"),
        ("Grandfather", "grandfather", "too easy"),
        ("MUM", "correct horse", "There is another MUM already."),
    ],
)
def test_what_is_refused(accounts: Accounts, name: str, password: str, fault: str) -> None:
    accounts.add("Mum", Role.PARENT, "correct horse")
    with pytest.raises(AccountError, match=fault):
        accounts.add(name, Role.PARENT, password)
    assert len(accounts.all()) == 1


def test_there_is_an_end_to_accounts(accounts: Accounts, store: Store) -> None:
    for number in range(MOST_ACCOUNTS):
        row = {"name": f"Aunt {number}", "role": "viewer", "password": "none", "language": "", "totp_step": 0}
        store.insert("parents", row)
    with pytest.raises(AccountError, match="20 accounts already"):
        accounts.add("Uncle", Role.VIEWER, "correct horse")


def test_somebody_is_always_left_who_may_everything(accounts: Accounts) -> None:
    mum = accounts.add("Mum", Role.PARENT, "correct horse")
    gran = accounts.add("Gran", Role.HELPER, "correct horse")
    for forbidden in (lambda: accounts.remove(mum.id), lambda: accounts.set_role(mum.id, Role.HELPER)):
        with pytest.raises(AccountError, match="One must be left"):
            forbidden()
    accounts.set_role(gran.id, Role.PARENT)
    accounts.remove(mum.id)
    assert [account.name for account in accounts.all()] == ["Gran"]
    with pytest.raises(AccountError, match="not there any more"):
        accounts.get(mum.id)


def test_a_session_is_known_by_its_hash_only(accounts: Accounts, sessions: Sessions, store: Store) -> None:
    mum = accounts.add("Mum", Role.PARENT, "correct horse")
    keys = {begin(sessions, mum.id) for _ in range(10)}
    assert len(keys) == 10
    assert min(map(len, keys)) == 43
    found = sessions.find(next(iter(keys)), NOW)
    assert found
    assert found[1] == mum
    hashes = [row["key"] for row in store.rows("SELECT key FROM sessions")]
    assert not keys & {*hashes}
    for wrong in ("", "x", next(iter(keys))[:-1], "\udcff", *hashes):
        assert sessions.find(wrong, NOW) is None


@pytest.mark.parametrize(
    ("seen_at", "at", "lives"),
    [
        ([], IDLE - 1, True),
        ([], IDLE, False),
        ([IDLE - 1], 2 * IDLE - 2, True),
        ([IDLE - 1], 2 * IDLE - 1, False),
        (range(0, LONGEST, 600), LONGEST - 1, True),
        (range(0, LONGEST, 600), LONGEST, False),
        ([], -1, False),  # begun by a clock that was wrong
    ],
)
def test_how_long_a_session_lives(
    accounts: Accounts, sessions: Sessions, seen_at: list[int], at: int, *, lives: bool
) -> None:
    key = begin(sessions, accounts.add("Mum", Role.PARENT, "correct horse").id)
    for seconds in seen_at:
        found = sessions.find(key, NOW + seconds)
        assert found
        sessions.see(found[0], NOW + seconds)
    assert (sessions.find(key, NOW + at) is not None) == lives


def test_the_code_must_come_soon(accounts: Accounts, sessions: Sessions) -> None:
    key = begin(sessions, accounts.add("Mum", Role.PARENT, "correct horse").id, half=True)
    assert sessions.find(key, NOW + CODE_WITHIN - 1)
    assert sessions.find(key, NOW + CODE_WITHIN) is None


@pytest.mark.parametrize("how", ["password", "role", "end", "removal"])
def test_what_ends_sessions(accounts: Accounts, sessions: Sessions, how: str) -> None:
    mum, dad = (accounts.add(name, Role.PARENT, "correct horse") for name in ("Mum", "Dad"))
    hers, his = begin(sessions, mum.id), begin(sessions, dad.id)
    if how == "password":
        accounts.set_password(mum.id, "another horse")
        assert accounts.password_fits(mum, "another horse")
    elif how == "role":
        accounts.set_role(mum.id, Role.HELPER)
    elif how == "removal":
        accounts.remove(mum.id)
    else:
        [session] = sessions.of(mum.id, NOW)
        sessions.end(session.key, dad.id)  # not his to end
        assert sessions.find(hers, NOW)
        sessions.end(session.key, mum.id)
    assert sessions.find(hers, NOW) is None
    assert sessions.find(his, NOW)


def test_sessions_are_few(accounts: Accounts, sessions: Sessions) -> None:
    mum = accounts.add("Mum", Role.PARENT, "correct horse")
    keys = [begin(sessions, mum.id, NOW + number) for number in range(MOST_SESSIONS + 5)]
    assert len(sessions.of(mum.id, NOW + 60)) == MOST_SESSIONS
    assert sessions.find(keys[0], NOW + 60) is None
    assert sessions.find(keys[-1], NOW + 60)


def test_a_code_from_a_phone(accounts: Accounts) -> None:
    mum = accounts.add("Mum", Role.PARENT, "correct horse")
    assert not accounts.code_fits(mum.id, "000000", NOW)
    secret = b"12345678901234567890"
    accounts.set_totp(mum.id, secret)
    assert accounts.get(mum.id).has_totp
    code = totp.code(secret, int(NOW) // totp.STEP)
    assert accounts.code_fits(mum.id, code, NOW)
    assert not accounts.code_fits(mum.id, code, NOW)
    accounts.set_totp(mum.id, None)
    assert not accounts.get(mum.id).has_totp


def test_a_programs_key(accounts: Accounts, sessions: Sessions, store: Store) -> None:
    mum = accounts.add("Mum", Role.PARENT, "correct horse")
    gran = accounts.add("Gran", Role.HELPER, "correct horse")
    key = sessions.make_token(mum.id, "Heating", Role.VIEWER, NOW)
    found = sessions.find_token(key)
    assert found
    assert (found[0].name, found[0].role, found[1]) == ("Heating", Role.VIEWER, mum)
    assert key not in str(store.rows("SELECT * FROM tokens"))
    with pytest.raises(AccountError, match="not do more"):
        sessions.make_token(gran.id, "Heating", Role.PARENT, NOW)
    with pytest.raises(AccountError, match="Name the program"):
        sessions.make_token(mum.id, " ", Role.VIEWER, NOW)
    for number in range(MOST_TOKENS - 1):
        sessions.make_token(mum.id, f"Lamp {number}", Role.VIEWER, NOW)
    with pytest.raises(AccountError, match="20 keys already"):
        sessions.make_token(mum.id, "One more", Role.VIEWER, NOW)
    sessions.remove_token(found[0].id)
    assert sessions.find_token(key) is None
    accounts.set_role(gran.id, Role.PARENT)
    accounts.set_role(mum.id, Role.HELPER)
    assert sessions.tokens() == []
