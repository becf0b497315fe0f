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

# --- sync: frames, credit, time -----------------------------------------------------------------

# A package of 256 facts of 4 KiB is 1 MiB; 64 KiB more is room for its lengths and its proof.
FRAME_BYTES_MAX: Final = 2**20 + 2**16
# Whoever asks must be able to hold one package and its first details before it commits anything,
# so both together stay below the credit.
DETAILS_FRAME_BYTES_MAX: Final = 2**19
# What may be under way unanswered: at 50 ms between two labs it still lets 40 MB a second pass.
CREDIT_BYTES: Final = 2 * 2**20
assert FRAME_BYTES_MAX + DETAILS_FRAME_BYTES_MAX < CREDIT_BYTES
# Nobody needs more; a larger sum is an attempt to overflow the sender's counter.
CREDIT_BYTES_MAX: Final = 2**30
# One WebSocket message: what is gathered before it is sent, and one whole frame after that.
MESSAGE_BYTES_AIM: Final = 2**18
MESSAGE_BYTES_MAX: Final = 2 * 2**20
assert MESSAGE_BYTES_AIM + FRAME_BYTES_MAX < MESSAGE_BYTES_MAX

# `fedlab/1 `, 32 letters of network, and the end of the line.
LINE_BYTES_MAX: Final = 42
# An unanswered handshake holds a socket; across a slow mobile link it takes two seconds.
HANDSHAKE_SECONDS: Final = 10.0
# Somebody's invitation is answered by a program, after one commit.
JOIN_SECONDS: Final = 30.0
# Home routers forget an idle connection after 60 to 120 seconds.
KEEPALIVE_SECONDS: Final = 30.0
SILENCE_SECONDS: Final = 90.0
# A frame of 1 MiB over 128 kbit/s takes 70 seconds; a request without a byte in 60 is not served.
STALL_SECONDS: Final = 60.0
# Less than this in that time, 9 kbit/s, is a trickle: others have the same log, and are quicker.
STALL_BYTES: Final = 2**16
# Details that nobody had are asked for again after a while: a peer may have got them since.
DETAILS_RETRY_SECONDS: Final = 600.0

# Heads are sent at once, then at most five times a second.
HEADS_SECONDS: Final = 0.2
# So a log's head changes five times a second; what a line has held up comes bunched, 90 seconds'
# worth of it at most.
HEAD_CHANGES_MAX: Final = 500
assert HEAD_CHANGES_MAX >= SILENCE_SECONDS / HEADS_SECONDS
# A head that has got fresher by this much is sent again though it has not changed.
REFRESH_SECONDS: Final = 20.0
HEADS_PER_FRAME_MAX: Final = 512
# Logs that one peer may announce; a head is remembered in about half a KiB.
OFFERS_MAX: Final = 4096
# Chains of labs that are not held, kept for one peer: 4,096 geneses are 2 MiB, and a chain of 48
# openings takes 0.1 seconds to check.
OFFERED_CHAINS_BYTES_MAX: Final = 4 * 2**20
# Ages are shown to people; a century is *never*.
AGE_SECONDS_MAX: Final = 2**32 - 1

# Requests that may wait for an answer on one connection: enough to keep a line of 100 ms busy with
# small logs, few enough to be answered within seconds.
REQUESTS_MAX: Final = 32
# Entries that one request may ask for: 16 blocks, about 2 MB of ordinary entries.
WANT_ENTRIES_MAX: Final = 16 * BLOCK_ENTRIES

# A node has an address or two on its network, a name, and one behind a proxy.
URLS_MAX: Final = 8
# A host name has 253 characters at most.
URL_CHARS_MAX: Final = 256
# A program's name and its version.
AGENT_CHARS_MAX: Final = 64
# Ours are 16 bytes; four times that is room, and still cheap to look up.
TOKEN_BYTES_MAX: Final = 64
# A word for programs, two sentences for people.
BYE_CODE_CHARS_MAX: Final = 32
BYE_TEXT_CHARS_MAX: Final = 512
# Nobody may send a peer away for more than a day.
RETRY_SECONDS_MAX: Final = 86_400

# `fedlab-bundle/1 `, the network, a time.
BUNDLE_LINE_BYTES_MAX: Final = 80

# Two heads, two roots, and two proofs of at most 41 hashes: under 3.5 KiB.
EVIDENCE_BYTES_MAX: Final = 4096

# --- sync: whom to replicate --------------------------------------------------------------------

# A friend's friend; three steps already reach most of any network.
HORIZON_DEPTH: Final = 2
# For a peer and all the labs that came only through it: a thousand labs of 500 items are 250 MB.
PEER_BUDGET_BYTES: Final = 2**30
# A lab that asks for the first time: 1 MiB is 2,000 entries, its inventory and its request.
STRANGER_BYTES_MAX: Final = 2**20
# For each direct peer that has carried them: its inventions leave the others' newcomers their room.
STRANGERS_BYTES_MAX: Final = 32 * 2**20
STRANGER_ENTRIES_MAX: Final = 2048

# --- service: commands and the control endpoint -------------------------------------------------

# 20,000 rows of 400 bytes; the largest real inventory seen is under 2 MB.
IMPORT_BYTES_MAX: Final = 8 * 1024 * 1024

# An import in base64, and room for the parameters around it.
CONTROL_BODY_BYTES_MAX: Final = IMPORT_BYTES_MAX * 4 // 3 + 64 * 1024

# The files that a node writes for itself in its folder, keys and contact: half a kilobyte each.
OWN_FILE_BYTES_MAX: Final = 64 * 1024

# One page of `fedlab log`: at most 2 MiB of facts and 16 MiB of details in memory at once.
LOG_PAGE_ENTRIES: Final = 512

# A whole large inventory; a program that wants more reads the log.
ITEMS_LISTED_MAX: Final = 20_000

# A printed invitation waits for the next meeting; a lost one must not work for ever.
INVITE_DAYS: Final = 30

# Longer than any association's legal name.
LAB_NAME_CHARS_MAX: Final = 120
# A page about the lab; all its texts together stay within a detail, in two-byte letters too.
LAB_TEXT_CHARS_MAX: Final = 2_000

# The calendar that an item's page shows, in days from today.
CALENDAR_DAYS: Final = 92

# --- the counter, private to a node --------------------------------------------------------------

# What a page or a command lists at once: a busy counter has a hundred loans out.
LOANS_LISTED_MAX: Final = 1000
# What one member waits for at a time; more would bury what others wish for.
WISHES_OPEN_MAX: Final = 20
# The name of an association, as long as a lab's; a number with its country and spaces.
BORROWER_CHARS_MAX: Final = 120
PHONE_CHARS_MAX: Final = 32
# RFC 5321, section 4.5.3.1.3: a path of 256 with its brackets.
EMAIL_CHARS_MAX: Final = 254
# What is written on a slip: a scratch, a missing key.
LOAN_NOTE_CHARS_MAX: Final = 1000

# --- members, private to a node ------------------------------------------------------------------

# A large association has some thousands of members over the years.
MEMBERS_MAX: Final = 20_000
MEMBERS_LISTED_MAX: Final = 500
MEMBER_NAME_CHARS_MAX: Final = 120
# NIST SP 800-63B: eight at least; what is longer than a page is work for the hash, not a password.
PASSWORD_CHARS_MIN: Final = 8
PASSWORD_CHARS_MAX: Final = 256
# Each takes 60 ms, 250 on a Pi: the last of these waits some seconds.
PASSWORDS_WAITING_MAX: Final = 16
# Names and addresses whose failures are remembered, in about 200 bytes each.
BACKOFF_KEYS_MAX: Final = 10_000
# Somebody's devices and programs; the oldest device is signed out for a new one.
SESSIONS_MAX: Final = 20
API_TOKENS_MAX: Final = 20
# A members' list of 8,000 rows in 120 bytes each.
MEMBERS_FILE_BYTES_MAX: Final = 1000 * 1024
# A device is described by the first words of what its browser says.
DEVICE_CHARS_MAX: Final = 80

# --- entries: facts and details -----------------------------------------------------------------
# All of these are part of the formats: two nodes must agree on them, so none ever changes but by a
# new tag of a fact.

# What every JSON parser holds exactly, those of browsers included.
INTEGER_MAX: Final = 2**53 - 1
# A typical item is 330 bytes, a kit of 32 parts 2.5 KiB; with 4 KiB a block stays within a frame.
FACT_BYTES_MAX: Final = 4 * 1024
assert FACT_BYTES_MAX <= BUNDLE_ENTRY_BYTES_MAX
assert BLOCK_ENTRIES * (FACT_BYTES_MAX + 3) + PROOF_HASHES_MAX * 34 + 256 <= FRAME_BYTES_MAX
# The fact, a list, a line of it, a list in that line: a grammar of known depth is regular.
FACT_DEPTH_MAX: Final = 4
# As long as the hash: whoever guesses a short detail cannot check the guess.
SALT_BYTES: Final = 32
# A long page of text is 8 KiB; this holds it in two languages, with a list of photos.
DETAIL_BYTES_MAX: Final = 32 * 1024
DETAIL_BLOB_BYTES_MAX: Final = SALT_BYTES + DETAIL_BYTES_MAX
assert DETAIL_BLOB_BYTES_MAX + 256 <= DETAILS_FRAME_BYTES_MAX

# --- entries: sealed details, part of the formats -----------------------------------------------

# Author, organiser, receiver, a treasurer's lab: sixteen is more than any subject has.
SEALED_RECIPIENTS_MAX: Final = 16
# What base64 (4/3) and the wrapped keys leave of a detail; bank details need 300 bytes.
SEALED_BODY_BYTES_MAX: Final = 20 * 1024
# A sealed text is filled up to a multiple of this, so that its length says little.
SEALED_PAD_BYTES: Final = 256
assert SEALED_BODY_BYTES_MAX % SEALED_PAD_BYTES == 0
# 80 bytes of wrapped key in base64, the id of the lab, punctuation.
assert 4 * 6_832 + SEALED_RECIPIENTS_MAX * (108 + 64 + 6) + 256 <= DETAIL_BYTES_MAX

# --- identity, part of the formats --------------------------------------------------------------

# `fedlab/1 `, the name and a line's end are the first line on every channel (LINE_BYTES_MAX).
NETWORK_CHARS_MAX: Final = 32
assert len("fedlab/1 ") + NETWORK_CHARS_MAX + 1 <= LINE_BYTES_MAX
# A change of keys every year for half a century.
EPOCHS_MAX: Final = 48
# Of the leaves of a chain: it travels in one Noise message beside two keys. An opening by the key
# that the opening before it names is 1,000 bytes, one by words added later at most 3,900.
CHAIN_BYTES_MAX: Final = 60 * 1024
assert EPOCHS_MAX * 1_280 <= CHAIN_BYTES_MAX
assert CHAIN_BYTES_MAX + EPOCHS_MAX * 3 + 256 <= NOISE_PLAINTEXT_BYTES_MAX

# --- inventory: what facts may say, part of the formats -----------------------------------------

# Fits a label in capitals, and is short enough to be typed from one.
CODE_CHARS_MAX: Final = 32
# A thousand million units, in thousandths.
QUANTITY_MAX: Final = 10**12
# A thousand million euros, in cents: 90,000 such sums still add up to a whole number.
MONEY_MAX: Final = 10**11
assert QUANTITY_MAX <= INTEGER_MAX and 90_000 * MONEY_MAX <= INTEGER_MAX
# Drying, cleaning, the way back; longer is a hold.
BUFFER_DAYS_MAX: Final = 90
# A kit of more is two kits.
PARTS_MAX: Final = 32
# Nobody is trained more than a few times before one machine.
TRAININGS_ASKED_MAX: Final = 8
# What a van shows; a stop that names no items brings all it has.
STOP_ITEMS_MAX: Final = 80
# A lab has a training for each of its dangerous machines.
HONOURED_MAX: Final = 32
# A hundred years: who wants longer means never.
TRAINING_DAYS_MAX: Final = 36_525
# The longest lists fit in a fact beside 1 KiB of head, commitment and numbers.
assert PARTS_MAX * (CODE_CHARS_MAX + 40) + TRAININGS_ASKED_MAX * 35 + 1024 <= FACT_BYTES_MAX
assert STOP_ITEMS_MAX * (CODE_CHARS_MAX + 3) + 1024 <= FACT_BYTES_MAX
assert HONOURED_MAX * (2 * CODE_CHARS_MAX + 24) + 1024 <= FACT_BYTES_MAX

# --- purchases: what facts may say, part of the formats -----------------------------------------

# A catalogue for one order; larger ones are several purchases, each with its own supplier.
PURCHASE_ARTICLES_MAX: Final = 500
# Suppliers print three to six price breaks.
LADDER_STEPS_MAX: Final = 16
# Freight, customs, packing, deposit, a fee for the organiser.
PURCHASE_CHARGES_MAX: Final = 8
# One lab orders, one receives, others have a corner of the hall.
PURCHASE_HELPERS_MAX: Final = 8
# Lines of one fact, articles or parties; who has more writes several.
PURCHASE_LINES_MAX: Final = 32
# Pledges that one entry takes, each with the signed head that was seen: 400 bytes each.
PURCHASE_TAKES_MAX: Final = 8
# Rates of VAT on one document; France has five.
VAT_RATES_MAX: Final = 8
# 100 %, in hundredths of a percent.
VAT_RATE_MAX: Final = 10_000
# A unit of 100 tonnes is a house.
UNIT_GRAMS_MAX: Final = 10**8
# What a pledge may ask for of an article, in the least that is handed out: goods are given out one
# by one, a million a second, and half a thousand labs may each ask for as much.
PLEDGED_ITEMS_MAX: Final = 10_000
# How the cost of a purchase is computed; a change that moves a cent has the next number.
RULES_MAX: Final = 2**16 - 1
# The longest lists fit in a fact beside 1 KiB of head, commitment and numbers.
assert PURCHASE_LINES_MAX * 96 + 1024 <= FACT_BYTES_MAX
assert PURCHASE_TAKES_MAX * 384 + 1024 <= FACT_BYTES_MAX

# --- inventory: what a fold lets one lab pile up, part of the formats ---------------------------

# Open holds of one item: a busy counter has 30; every new one is written with all the others.
HOLDS_OPEN_MAX: Final = 512
# More is a directory, not a neighbourhood.
VOUCHES_MAX: Final = 1024

# --- ledger: loans, part of the formats ----------------------------------------------------------

# A kit with all its accessories; of more, two loans are made.
LOAN_LINES_MAX: Final = 14
# Three years; what stays longer is lodged, not lent.
LOAN_DAYS_MAX: Final = 1096
# One for each machine of a loan that is lodged elsewhere.
LOAN_PLACES_MAX: Final = 8
# Nobody shows more trainings than one machine can ask for.
GRANTS_SHOWN_MAX: Final = TRAININGS_ASKED_MAX
# Hours or prints of a machine's life, in thousandths.
METER_MAX: Final = QUANTITY_MAX
# The longest offer: lines of 190 bytes, ids of 67, a signed head of 320, 530 of all the rest.
assert LOAN_LINES_MAX * 190 + LOAN_PLACES_MAX * 67 + 320 + 530 <= FACT_BYTES_MAX

# --- inventory: reading a calendar --------------------------------------------------------------

# Three years: the most that a page or a filter may ask for at once.
CALENDAR_DAYS_MAX: Final = 1100

# --- search -------------------------------------------------------------------------------------

# Ours has 1,200 concepts in 0.2 million characters; a lab's own additions are fewer.
THESAURUS_CHARS_MAX: Final = 4_000_000
# Nobody types a longer name of a thing.
THESAURUS_TERM_WORDS_MAX: Final = 8
# What an address line of a browser carries; words beyond the first of a long question say little.
QUERY_CHARS_MAX: Final = 500
QUERY_WORDS_MAX: Final = 24
# A page of hits, or what a script asks for at once; every one of them is ranked with care.
HITS_MAX: Final = 200

# --- import: files that labs keep ---------------------------------------------------------------

# The file itself: IMPORT_BYTES_MAX, above.

# Sheets are XML that packs ten to one; 64 MiB of it is 400,000 cells, and a Pi can hold it.
IMPORT_UNPACKED_BYTES_MAX: Final = 64 * 1024 * 1024

# A workbook with a hundred sheets has some 300 parts; each costs a directory entry.
IMPORT_ARCHIVE_PARTS_MAX: Final = 2_000

# A sheet is laid out as a full rectangle of 32 bytes a cell: 2 million are 64 MB.
IMPORT_CELLS_MAX: Final = 2_000_000

# The largest maker inventories hold some thousands of kinds of things; one import is one append.
# A sheet of 20,000 things has its headers and some lines above them, too.
IMPORT_ROWS_MAX: Final = 20_100

# Part databases export up to 60 columns; nested JSON some more.
IMPORT_COLUMNS_MAX: Final = 400

# A page that lists 20,000 things in 100 characters each; longer ones take long to unmark.
IMPORT_PAGE_CHARS_MAX: Final = 2_000_000

# What Excel lets into one cell; a detail (32 KiB) could hold hardly more.
IMPORT_CELL_CHARS_MAX: Final = 32_767

# A name stands on a label and in a list of results; what is longer goes to the description too.
ITEM_NAME_CHARS_MAX: Final = 200

# --- backups ------------------------------------------------------------------------------------

# 24 words of ten letters, with numbers and line ends.
WORDS_CHARS_MAX: Final = 2_000
# A name, a hash and two wrapped keys take some 500 bytes.
BACKUP_LINE_BYTES_MAX: Final = 8 * 1024
# What is unpacked besides the store: a photo is at most some megabytes, a thesaurus 4.
BACKUP_FILE_BYTES_MAX: Final = 64 * 1024 * 1024
# A store of a million items, and photos of ten thousand, with room; more is no lab's backup.
RESTORE_UPLOAD_BYTES_MAX: Final = 16 * 2**30
# A bundle of entries from a peer's /log: 256 of 4 KiB.
MIRROR_BYTES_MAX: Final = 2 * 1024 * 1024

# --- photos -------------------------------------------------------------------------------------

# What a phone's camera writes at its best; a photo is made smaller before it is kept.
PHOTO_UPLOAD_BYTES_MAX: Final = 24 * 1024 * 1024
# 1,600 pixels wide; one travels in one frame.
PHOTO_BYTES_MAX: Final = 900 * 1024
assert PHOTO_BYTES_MAX + 1024 <= FRAME_BYTES_MAX
# The thing, its plate, its accessories, its case, and how it is used.
PHOTOS_MAX: Final = 8
# Photos that one connection may ask for at once: each is read and sent whole.
BLOBS_ASKED_MAX: Final = 8
# Of peers' photos on disk, as they were sent; the oldest go first, and can be asked for again.
PEERS_PHOTOS_BYTES_MAX: Final = 256 * 2**20
# What is fetched from one lab for another in an hour: some 300 photos, an evening of looking
# around; a peer that asks for all there is takes no more of anybody's uplink.
RELAYED_BYTES_MAX: Final = 64 * 2**20
RELAYED_SECONDS: Final = 3600

# --- labels -------------------------------------------------------------------------------------

# Ten sheets of the smallest: 2 MB of page, and more than anybody cuts and sticks in one go.
LABELS_MAX: Final = 650

# --- Bundles through the pages ---

# What two direct peers may bring at most; a stick's FAT file system ends at twice that.
BUNDLE_UPLOAD_BYTES_MAX: Final = 2 * PEER_BUDGET_BYTES

# --- needs ----------------------------------------------------------------------------------------

# A line in a list; what it is for stands in the description.
NEED_TITLE_CHARS_MAX: Final = 200
NEED_TEXT_CHARS_MAX: Final = 4_000
# Nobody reads a longer list; what is older is found by whoever closes what is done.
NEEDS_LISTED_MAX: Final = 200
# A lab has a hand of them in a year, and its neighbours as many.
PURCHASES_LISTED_MAX: Final = 500
# What one list reads at most: ten labs that publish a need a week for four years.
NEEDS_READ_MAX: Final = 2_000

# --- the local network ---

# A large building has some dozens of machines; who announces more is no crowd of labs.
NEIGHBOURS_MAX: Final = 64
