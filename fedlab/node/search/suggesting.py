"""What was probably meant, in the searcher's language."""

from collections.abc import Callable
from typing import Final

from fedlab.inventory.thesaurus import Thesaurus
from fedlab.node.search.plans import Plan

SUGGESTIONS_MAX: Final = 5


def suggestions(
    plan: Plan, thesaurus: Thesaurus, has_items: Callable[[str], bool], *, found_any: bool
) -> list[str]:
    """Return the query as it should have been typed and, where nothing was found, what is near."""
    found = [plan.meant] if plan.meant else []
    if not found_any:
        lang = _language(plan)
        near: dict[str, float] = {}
        for unit in plan.units:
            for slug, worth in unit.answers.items():
                near[slug] = max(near.get(slug, 0.0), worth)
        for slug in sorted(near, key=lambda slug: (-near[slug], slug)):
            if has_items(slug):
                found.append(thesaurus.concepts[slug].label(lang))
            if len(found) >= SUGGESTIONS_MAX:
                break
    return list(dict.fromkeys(found))[:SUGGESTIONS_MAX]


def _language(plan: Plan) -> str:
    words = [word for unit in plan.units for word in unit.words]
    french = sum(word.french for word in words)
    for unit in plan.units:
        french += sum((s.source == "fr") - (s.source == "en") for s in unit.senses)
    return "en" if french < 0 else "fr"
