"""Sealing a detail to labs: the part of `protocol.seal` that draws randomness."""

import os
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from fedlab.protocol.entry import LabId
from fedlab.protocol.keys import KEY_BYTES
from fedlab.protocol.seal import SUITE, make_sealed, seal_info


def seal(
    body: Mapping[str, Any], *, author: LabId, epoch: int, recipients: Mapping[LabId, bytes]
) -> dict[str, Any]:
    """Return what stands under `sealed` in a detail; `recipients` maps labs to their seal keys.

    Raises LocalProtocolError where the text is too long or nobody, or too many, may read it.
    """
    content_key = os.urandom(KEY_BYTES)
    wrapped = {
        lab: SUITE.encrypt(
            content_key, X25519PublicKey.from_public_bytes(key), seal_info(author, lab, epoch)
        )
        for lab, key in recipients.items()
    }
    return make_sealed(body, author=author, epoch=epoch, content_key=content_key, wrapped=wrapped)
