"""Roles and rights as people read them."""

from fedlab.node.web.i18n import Language


def role_name(language: Language, role: str) -> str:
    """`manager` is *responsable*."""
    _ = language.gettext
    return {
        "member": _("member"),
        "volunteer": _("volunteer"),
        "manager": _("manager"),
        "treasurer": _("treasurer"),
        "admin": _("admin"),
    }.get(role, role)


def right_name(language: Language, right: str) -> str:
    """What a token may be given to do."""
    _ = language.gettext
    return {
        "edit_items": _("change this lab’s items"),
        "lend": _("lend and take back at the counter"),
        "need": _("publish needs and join them"),
        "see_desk": _("see what needs attention"),
    }.get(right, right)
