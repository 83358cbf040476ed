"""What a mandate's numbers cannot say, told in its notes: what an exclusion strikes and why, and in whose money."""

from collections.abc import Sequence

from graph.currency import currency_note
from portfolio.mandate import ExcludedAsset, Mandate
from portfolio.matching import FACTOR_WORDS
from portfolio.universe import Universe
from tools.wording import named


def told(mandate: Mandate, universe: Universe, messages: Sequence[str]) -> Mandate:
    """The same limits, with notes for the client: each exclusion's, and one on currency where another was named."""
    money = currency_note(messages, universe)
    return mandate.model_copy(
        update={
            "exclusions": tuple(
                item.model_copy(update={"note": exclusion_note(item, universe)}) for item in mandate.exclusions
            ),
            "notes": (*(note[:1].upper() + note[1:] for note in mandate.notes), *(() if money is None else (money,))),
        }
    )


def exclusion_note(item: ExcludedAsset, universe: Universe) -> str:
    """What the exclusion strikes, and why a fund is struck or is not.

    A broad fund carries the themes that it cannot be shown to be free of (`tools/reference/README.md`); a fund whose
    name says what it is about is struck for what it is.
    """
    name, struck = named(item.exclusion), item.symbols
    funds = [symbol for symbol in struck if universe.asset(symbol).asset_class == "fund"]
    others = [symbol for symbol in struck if symbol not in funds]
    has_funds = any(asset.asset_class == "fund" for asset in universe.assets)
    if not struck:
        note = f"No {name}: nothing in {universe.name} matches, so this binds nothing here."
    elif funds and item.exclusion.kind == "theme" and item.exclusion.key not in FACTOR_WORDS:
        first = f"{', '.join(others)}, and " if others else ""
        note = f"No {name}: strikes {first}{_counted(funds)}, which cannot be shown to be free of it."
    else:
        note = f"No {name}: strikes {', '.join(struck)}."
    if has_funds and not funds and item.exclusion.kind != "asset_class":
        note += " It strikes no fund: what a fund holds is not read share by share."
    return note


def _counted(funds: Sequence[str]) -> str:
    return f"the fund {funds[0]}" if len(funds) == 1 else f"the funds {', '.join(funds)}"
