"""Whoever guesses waits: longer after each failure, per account and per address.

Kept in memory, as nobody outside can restart the node. Time is handed in.
"""

from collections import OrderedDict
from typing import Final

from fedlab.protocol.limits import BACKOFF_KEYS_MAX

# A person mistypes a few times; a program goes on.
FREE_FAILURES: Final = 5
FIRST_WAIT_S: Final = 2.0
WAIT_S_MAX: Final = 15 * 60.0
# Behind one address are all the people of a lab.
FREE_FAILURES_OF_ADDRESS: Final = 20
# After a day without a failure, all is forgotten.
FORGOTTEN_AFTER_S: Final = 86_400.0


class Backoff:
    """Failures by key, and until when each must wait; the keys longest untouched are let go."""

    def __init__(self, free: int = FREE_FAILURES, keys_max: int = BACKOFF_KEYS_MAX) -> None:
        self._free = free
        self._keys_max = keys_max
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, key: str, now: float) -> float:
        """Return for how long a key must wait, in seconds; 0 for not at all."""
        failures, at = self._failed.get(key, (0, 0.0))
        if failures < self._free or now - at > FORGOTTEN_AFTER_S:
            return 0.0
        # The exponent is bounded: a float has no room for two to the ten thousandth.
        wait = min(FIRST_WAIT_S * 2.0 ** min(failures - self._free, 16), WAIT_S_MAX)
        return max(0.0, at + wait - now)

    def failed(self, key: str, now: float) -> None:
        """Count a failure."""
        failures, at = self._failed.pop(key, (0, now))
        if now - at > FORGOTTEN_AFTER_S:
            failures = 0
        self._failed[key] = (failures + 1, now)
        if len(self._failed) > self._keys_max:
            self._failed.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failed.pop(key, None)
