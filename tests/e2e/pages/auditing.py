"""What is wrong with a page for those who see, hear or touch it differently: axe-core, and beyond.

axe is brought into a page once; widths and themes then change under it without loading it again.
"""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WIDTHS = (360, 1280)
# Of all rules these alone look at colours, so that the second theme needs no others.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """only => axe.run({
  resultTypes: ["violations"],
  elementRef: false,
  ...(only ? {runOnly: only} : {rules: {
    "target-size": {enabled: true},  // WCAG 2.2 AA: 24 px, or room around
    "label-content-name-mismatch": {enabled: true},
  }}),
}).then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 150)} ${
  one.nodes[0].any.map(check => check.message)}`))"""
# axe takes a placeholder for a label, and two elements of one id for harmless.
BEYOND = """code => {
  const wrong = [];
  const of = element => element.outerHTML.slice(0, 150);
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("scrolls sideways");
  if (document.documentElement.lang !== code) wrong.push("is not in " + code);
  if (document.querySelectorAll("h1").length !== 1) wrong.push("has not one main heading");
  const fields = "input:not([type=hidden], [hidden]), select, textarea";
  for (const field of document.querySelectorAll(fields))
    if (![...field.labels].some(label => label.textContent.trim())
        && !field.ariaLabel && !field.hasAttribute("aria-labelledby"))
      wrong.push("unlabelled: " + of(field));
  for (const field of document.querySelectorAll("[aria-invalid=true]")) {
    const told = (field.getAttribute("aria-describedby") || "").split(" ");
    if (!told.some(id => document.getElementById(id)?.textContent.trim()))
      wrong.push("wrong without a word: " + of(field));
  }
  const seen = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (seen.has(element.id)) wrong.push("second of its id: " + of(element));
    seen.add(element.id);
  }
  return wrong;
}"""


def audit(page: Page, code: str) -> list[str]:
    """Return what is wrong with the page as it stands, on a phone and at a desk, light and dark."""
    page.evaluate(AXE)
    wrong: list[Any] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="light")
        wrong += page.evaluate(RUN, None) + page.evaluate(BEYOND, code)
        page.emulate_media(color_scheme="dark")
        wrong += [f"dark {one}" for one in page.evaluate(RUN, OF_COLOURS)]
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    return sorted(set(wrong))
