"""Every limit on what comes in, in one place, each with its reason."""

from typing import Final

# --- log: trees, notes, tiles -------------------------------------------------------------------

# The store keys an entry by (log << 40 | index); at ten entries a second 2^40 is 3,500 years.
TREE_SIZE_MAX: Final = 2**40

# C2SP tlog-mirror counts a proof's hashes in one byte and allows 63; 2^40 entries need 40.
PROOF_HASHES_MAX: Final = 63

# C2SP tlog-tiles: a full tile or entry bundle holds 256; packages and stored blocks are the same.
BLOCK_ENTRIES: Final = 256

# C2SP tlog-tiles prefixes an entry with its length as a uint16.
BUNDLE_ENTRY_BYTES_MAX: Final = 2**16 - 1

# C2SP signed-note asks for 16 signatures at least: here a lab, 16 witnesses, and room.
NOTE_SIGNATURES_MAX: Final = 32

# 32 lines with the largest signatures foreseen (ML-DSA-44, 2,420 bytes) are 110 KB.
NOTE_BYTES_MAX: Final = 128 * 1024

# `fedlab/<network>/<lab>/<epoch>/witness` is 117 bytes at most; a name is never a document.
KEY_NAME_BYTES_MAX: Final = 255

# --- channel: Noise -----------------------------------------------------------------------------

# Noise, section 3: a message, its 16-byte tag included, is at most 65,535 bytes.
NOISE_MESSAGE_BYTES_MAX: Final = 2**16 - 1
NOISE_TAG_BYTES: Final = 16
NOISE_PLAINTEXT_BYTES_MAX: Final = NOISE_MESSAGE_BYTES_MAX - NOISE_TAG_BYTES
