"""Opening the next epoch of one's own lab: new keys, named by the recovery words on paper."""

import os
from typing import Final

from fedlab.node.config import Folder
from fedlab.node.errors import BadRequestError, ConflictError
from fedlab.node.gate import write_head
from fedlab.node.keeping.words import backup_public
from fedlab.node.keystore import save_keys
from fedlab.node.store import SqliteStore
from fedlab.node.store.base import Store
from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.identity import (
    Chain,
    SecretKeys,
    make_epoch,
    read_chain,
    recovers,
    recovery_hash,
    recovery_seed,
)
from fedlab.protocol.keys import KEY_BYTES, signing_public
from fedlab.protocol.merkle import EMPTY_ROOT

# The public key to which backups are sealed, in hex; made from the recovery words.
BACKUP_KEY: Final = "backup_key"


def check_words(store: Store, entropy: bytes) -> None:
    """Raise BadRequestError unless these words open the lab's next epoch."""
    if not recovers(store.own_chain(), entropy):
        raise BadRequestError(
            "these are twelve good words, but not those of this lab",
            "take the paper that was written down when the lab was founded",
            code="wrong_words",
        )


def remember_backup_key(store: Store, entropy: bytes) -> None:
    """Keep the public key that backups are sealed to; the words themselves are not kept."""
    store.settings.set(BACKUP_KEY, backup_public(entropy).hex())


def open_epoch(folder: Folder, store: SqliteStore, entropy: bytes, now: int) -> Chain:
    """Open the next epoch, going on from the newest signed head in the store; return the chain.

    The head file and the keys come before the opening: a crash in between leaves a lab that cannot
    sign, and the same words try again. Raises BadRequestError for other words, StoreError.
    """
    check_words(store, entropy)
    chain = store.own_chain()
    prev = _newest_head(store, chain)
    number = len(chain.leaves)
    keys = SecretKeys(*(os.urandom(KEY_BYTES) for _ in range(4)))
    following = recovery_hash(signing_public(recovery_seed(entropy, number + 1)))
    seed = recovery_seed(entropy, number)
    leaf = make_epoch(chain, keys.public(), following, prev, seed=seed, at=now)
    opened = read_chain((*chain.leaves, leaf))
    nothing = sign_head(keys.log, chain.network, chain.lab, number, 0, EMPTY_ROOT)
    write_head(folder.head, nothing, opened)
    save_keys(folder.keys, chain.lab, number, keys)
    with store.transaction():
        store.adopt(opened)
        store.append_leaves(chain.lab, number, [leaf], [None])
        remember_backup_key(store, entropy)
    return opened


def _newest_head(store: Store, chain: Chain) -> Head:
    for epoch in reversed(range(len(chain.leaves))):
        log = store.log(chain.lab, epoch)
        if log is not None and log.head is not None:
            return log.head
    raise ConflictError(
        "this lab has never signed anything", "found it anew with `fedlab init` in another folder"
    )
