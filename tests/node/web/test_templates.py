"""Every template speaks both languages, and keeps to the Content-Security-Policy."""

import re
from pathlib import Path

import jinja2
import pytest

from fedlab.node.web.pages import TEMPLATES_DIR

TEMPLATES = sorted(TEMPLATES_DIR.rglob("*.html"))
# Names, that are the same in every language, and what stands in code.
SAME = frozenset({"fedlab", "PDF", "CSV", "QR", "mm", "km"})
SHOWN_ATTRIBUTES = re.compile(r"\b(?:alt|aria-label|placeholder|title)=\"([^\"]*)\"")
WORD = re.compile(r"[^\W\d_]{2,}")


def markup(source: str) -> str:
    """Return what a template says by itself: each expression and statement is a gap."""
    lexed = jinja2.Environment(autoescape=True).lex(source)
    return "".join(value if kind == "data" else "\0" for _, kind, value in lexed)


def unspoken(source: str) -> list[str]:
    """Return the words that a person would read and nobody could translate."""
    text = markup(source)
    attributes = " ".join(SHOWN_ATTRIBUTES.findall(text))
    text = re.sub(r"<(code|svg|script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL)
    text = re.sub(r"[\w-]+=\"[^\"]*\"", " ", text)  # of a macro that writes half a tag
    said = re.sub(r"https?://\S*|\S*\.example\S*", " ", f"{text} {attributes}")
    return [word for word in WORD.findall(said) if word not in SAME]


def forbidden(source: str) -> list[str]:
    """Return what the policy would not run or load: inline scripts, styles, handlers, strangers."""
    text = markup(source)
    return re.findall(
        r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)[^>]*>|src=\"https?:", text
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    assert unspoken(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_stands_inline(path: Path) -> None:
    assert forbidden(path.read_text()) == []


def test_the_checks_see_what_they_are_for() -> None:
    """Negative control."""
    assert unspoken('<p>{{ _("Search") }} Hello</p><img alt="A saw">') == ["Hello", "saw"]
    assert unspoken('<p lang="fr">{{ item.name }} · <code>fedlab run</code></p>') == []
    assert len(forbidden('<p style="a" onclick="b"><script>c</script>')) == 3
    assert forbidden('<script src="{{ static("a.js") }}" defer></script>') == []
