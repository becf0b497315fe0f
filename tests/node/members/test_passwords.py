"""Passwords: kept as Argon2id hashes, judged one at a time, and a crowd waits outside."""

import pytest

from fedlab.node.errors import ServiceError, TryLaterError
from fedlab.node.members import passwords
from fedlab.protocol.limits import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PASSWORDS_WAITING_MAX

PASSWORD = "quatre mots bien rangés"


async def test_what_was_chosen_is_right_and_nothing_else() -> None:
    phc = await passwords.hash_password(PASSWORD)
    assert phc.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.is_right(PASSWORD, phc)
    for other in (PASSWORD + " ", PASSWORD.upper(), ""):
        assert not await passwords.is_right(other, phc)


@pytest.mark.parametrize("phc", ["", "no hash", "$argon2id$v=19$m=19456,t=2,p=1$AAAA"])
async def test_whoever_has_no_password_is_let_in_by_none(phc: str) -> None:
    assert not await passwords.is_right("", phc)


@pytest.mark.parametrize("length", [0, PASSWORD_CHARS_MIN - 1, PASSWORD_CHARS_MAX + 1])
async def test_a_password_has_a_length(length: int) -> None:
    with pytest.raises(ServiceError) as refused:
        await passwords.hash_password("x" * length)
    assert refused.value.code == "password"


async def test_a_crowd_is_asked_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses wait for one thread: beyond a number of them nobody is even looked at."""
    monkeypatch.setattr(passwords, "_waiting", PASSWORDS_WAITING_MAX)
    with pytest.raises(TryLaterError):
        await passwords.is_right(PASSWORD, passwords.NOBODY)
    monkeypatch.setattr(passwords, "_waiting", PASSWORDS_WAITING_MAX - 1)
    assert not await passwords.is_right(PASSWORD, passwords.NOBODY)
    assert passwords._waiting == PASSWORDS_WAITING_MAX - 1, "whoever was judged waits no more"


def test_the_hash_for_nobody_is_one_and_is_nobodys() -> None:
    """Or a name that does not exist would be told by how quickly it is refused."""
    assert not passwords.is_right_now(PASSWORD, passwords.NOBODY)
    own = passwords.hash_now(PASSWORD)
    assert own.rsplit("$", 2)[0] == passwords.NOBODY.rsplit("$", 2)[0]
    assert passwords.is_right_now(PASSWORD, own)
