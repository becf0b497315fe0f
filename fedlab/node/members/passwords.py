"""Passwords by Argon2id, on threads of their own: 60 ms of work never holds up a page.

RFC 9106; the parameters are OWASP's for a machine with little memory: 19 MiB, two passes.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from fedlab.node.errors import ServiceError, TryLaterError
from fedlab.protocol.limits import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PASSWORDS_WAITING_MAX

_MEMORY_KIB: Final = 19 * 1024
_PASSES: Final = 2
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
# One at a time: a crowd at the login takes one core and 19 MiB, and no more.
_thread: Final = ThreadPoolExecutor(1, "password")
_waiting = 0
# What a name that nobody has is checked against, so that it takes as long as a real one.
NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


def check_new_password(password: str) -> None:
    """Raise ServiceError for a password that is too short to keep anybody out."""
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise ServiceError(
            f"a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters",
            "three or four words that nobody else puts together are easy to keep",
            code="password",
        )


def hash_now(password: str) -> str:
    """Return a password's hash in PHC form; 60 ms, four times that on a Pi."""
    kdf = Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_PASSES,
        lanes=1,
        memory_cost=_MEMORY_KIB,
    )
    return kdf.derive_phc_encoded(password.encode())


def is_right_now(password: str, phc: str) -> bool:
    """Say whether a password is the one of the hash."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), phc)
    except (InvalidKey, ValueError):
        return False
    return True


async def hash_password(password: str) -> str:
    """Return a new password's hash, off the event loop; raise ServiceError if it is too short."""
    check_new_password(password)
    return await asyncio.get_running_loop().run_in_executor(_thread, hash_now, password)


async def is_right(password: str, phc: str) -> bool:
    """Say whether a password is right, off the event loop; TryLaterError if many wait already."""
    global _waiting
    if _waiting >= PASSWORDS_WAITING_MAX:
        raise TryLaterError("many people sign in at once", "try again in a moment")
    if len(password) > PASSWORD_CHARS_MAX:
        return False
    _waiting += 1
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_thread, is_right_now, password, phc or NOBODY)
    finally:
        _waiting -= 1
