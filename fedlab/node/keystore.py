"""The secret keys of a lab: DIR/keys.json, for its owner's eyes, never in the store or a backup.

    {"lab": "…", "epoch": 0, "log": "…", "witness": "…", "noise": "…", "seal": "…"}

Each key is 32 bytes in hex. A copy of this file on two running machines makes a fork.
"""

from pathlib import Path

import msgspec

from fedlab.node.files import read_file, write_durably
from fedlab.node.store.errors import StoreError, explained
from fedlab.protocol.entry import Hex32
from fedlab.protocol.identity import SecretKeys
from fedlab.protocol.limits import OWN_FILE_BYTES_MAX

_OTHERS = 0o077


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lab: Hex32
    epoch: int
    log: Hex32
    witness: Hex32
    noise: Hex32
    seal: Hex32


def save_keys(path: Path, lab: str, epoch: int, keys: SecretKeys) -> None:
    """Write the keys of an epoch in place of those before; raises StoreError."""
    file = _KeyFile(
        lab, epoch, keys.log.hex(), keys.witness.hex(), keys.noise.hex(), keys.seal.hex()
    )
    with explained(path):
        write_durably(path, msgspec.json.format(msgspec.json.encode(file)) + b"\n")


def load_keys(path: Path, lab: str, epoch: int) -> SecretKeys | None:
    """Return the keys of that epoch, or None where this machine does not have them.

    A file that others could read is closed to them. Raises StoreError if it cannot be read.
    """
    with explained(path):
        if not path.exists():
            return None
        if path.stat().st_mode & _OTHERS:
            path.chmod(0o600)
        raw = read_file(path, OWN_FILE_BYTES_MAX)
    try:
        file = msgspec.json.decode(raw, type=_KeyFile)
    except msgspec.DecodeError as exc:
        raise StoreError(
            "bad_keys",
            f"{path} is not a file of keys ({exc})",
            "Put the right file back; if it is lost, the recovery words open a new epoch.",
        ) from exc
    if (file.lab, file.epoch) != (lab, epoch):
        return None
    return SecretKeys(
        *(bytes.fromhex(key) for key in (file.log, file.witness, file.noise, file.seal))
    )
