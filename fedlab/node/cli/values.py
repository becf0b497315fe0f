"""What people type: quantities and euros, read into whole numbers, and days."""

from typing import Any, Final

import click

from fedlab.node.days import is_day
from fedlab.node.numbers import decimal

# What clears a field, as an empty text does.
CLEARED: Final = ""


class Quantity(click.ParamType[int | str]):
    """A number with up to three decimals, kept in thousandths; a comma is a decimal point too."""

    name = "quantity"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """Return thousandths, or CLEARED for `unknown`."""
        if isinstance(value, int):
            return value
        if value in (CLEARED, "unknown"):
            return CLEARED
        thousandths = decimal(str(value), 3)
        if thousandths is None:
            self.fail(f"{value!r} is not a quantity such as 3 or 2.5, nor `unknown`", param, ctx)
        return thousandths


class Euros(click.ParamType[int | str]):
    """An amount in euros, kept in cents."""

    name = "euros"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """Return cents, or CLEARED for `none`."""
        if isinstance(value, int):
            return value
        if value in (CLEARED, "none"):
            return CLEARED
        cents = decimal(str(value), 2)
        if cents is None:
            self.fail(f"{value!r} is not an amount such as 12 or 12.50, nor `none`", param, ctx)
        return cents


class Day(click.ParamType[str]):
    """A day as YYYY-MM-DD."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the ISO date."""
        text = str(value)
        if not is_day(text):
            self.fail(f"{value!r} is not a day such as 2026-03-21", param, ctx)
        return text


QUANTITY: Final = Quantity()
EUROS: Final = Euros()
DAY: Final = Day()
