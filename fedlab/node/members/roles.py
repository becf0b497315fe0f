"""Who may do what: one table of roles and rights, from which everything else is refused.

A role grants what its row says and nothing more. Pages, API and tokens ask `Person.may` in
`web/access.py`; the tests walk every route with every role.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What somebody is in this lab; the first is whoever has not signed in."""

    VISITOR = "visitor"
    MEMBER = "member"
    VOLUNTEER = "volunteer"
    MANAGER = "manager"
    TREASURER = "treasurer"
    ADMIN = "admin"


class Right(StrEnum):
    """One kind of thing that a person may do."""

    SEE_PUBLIC = "see_public"  # search, items, labs, logs: what the lab lets anybody see
    SETUP = "setup"  # open to all, as nobody has an account yet; its page asks for the code
    OWN_ACCOUNT = "own_account"  # one's own devices, password, loans
    SEE_NETWORK = "see_network"  # peers and how fresh they are
    NEED = "need"  # say what nobody's inventory answers
    LEND = "lend"  # the counter
    SEE_DESK = "see_desk"  # the manager's list, and what needs attention
    EDIT_ITEMS = "edit_items"
    IMPORT = "import"
    LABELS = "labels"
    PEERS = "peers"  # invite, join, vouch, block, budgets, bundles
    MEMBERS = "members"
    GOODS = "goods"  # see group purchases, and say what came and was handed over
    BUY = "buy"  # propose, pledge, seal, order: it binds the lab
    SIGN_MONEY = "sign_money"
    SETTINGS = "settings"
    BACKUP = "backup"


_VISITOR: Final = frozenset({Right.SEE_PUBLIC, Right.SETUP})
_MEMBER: Final = _VISITOR | {Right.OWN_ACCOUNT, Right.SEE_NETWORK}
_VOLUNTEER: Final = _MEMBER | {Right.LEND, Right.SEE_DESK, Right.LABELS, Right.NEED, Right.GOODS}
_MANAGER: Final = _VOLUNTEER | {
    *(Right.EDIT_ITEMS, Right.IMPORT, Right.PEERS, Right.MEMBERS, Right.BUY)
}

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.VISITOR: _VISITOR,
        Role.MEMBER: _MEMBER,
        Role.VOLUNTEER: _VOLUNTEER,
        Role.MANAGER: _MANAGER,
        Role.TREASURER: _MEMBER | {Right.SIGN_MONEY, Right.NEED, Right.GOODS, Right.BUY},
        Role.ADMIN: frozenset(Right),
    }
)

# What a token may be given: rights that the API has calls for, and no other. One that could reach
# its owner's account would make itself tokens with all of the owner's rights.
TOKEN_RIGHTS: Final = (Right.EDIT_ITEMS, Right.LEND, Right.NEED, Right.SEE_DESK)

# Who may make somebody what: whoever could give a role beyond his own could give it to himself.
GRANTS: Final[Mapping[Role, frozenset[Role]]] = MappingProxyType(
    {
        Role.MANAGER: frozenset({Role.MEMBER, Role.VOLUNTEER}),
        Role.ADMIN: frozenset(Role) - {Role.VISITOR},
    }
)


def grants(giver: Role, role: Role) -> bool:
    """Say whether somebody may make, change or end an account of that role."""
    return role in GRANTS.get(giver, frozenset())
