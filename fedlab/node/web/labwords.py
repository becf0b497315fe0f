"""The closed words of a lab's profile, as people read and choose them."""

from collections.abc import Mapping

from fedlab.node.web.i18n import Language


def lab_words(language: Language) -> Mapping[str, Mapping[str, str]]:
    """Return, for each field of the profile that has a closed list, its words by what is kept."""
    _ = language.gettext
    return {
        "kind": {
            "fab_lab": _("fab lab"),
            "makerspace": _("makerspace"),
            "hackerspace": _("hackerspace"),
            "workshop": _("shared workshop"),
            "repair_cafe": _("repair café"),
            "reuse_centre": _("reuse centre"),
            "tool_library": _("tool library"),
            "library": _("library"),
            "digital_space": _("public digital space"),
            "social_centre": _("social centre"),
            "coworking": _("coworking space"),
            "school": _("school or university"),
            "other": _("another kind of place"),
        },
        "form": {
            "association": _("association"),
            "public_body": _("public body"),
            "cooperative": _("cooperative"),
            "company": _("company"),
            "foundation": _("foundation"),
            "person": _("a person"),
            "other": _("another legal form"),
        },
        "vat": {
            "none": _("not subject to VAT"),
            "franchise": _("VAT exemption for small turnovers"),
            "partial": _("partly subject to VAT"),
            "full": _("subject to VAT"),
        },
        "mobility": {"fixed": _("in one place"), "mobile": _("travelling")},
        "lang": {"fr": "français", "en": "English"},
    }
