"""`quorum evaluate tax-harvest`: what harvesting losses adds a year, with and without the wash-sale rule."""

from pathlib import Path
from typing import Annotated

import typer

from app.options import Json

FIRST, LAST = "1996-01-01", "2022-12-31"


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/tax-harvest.md"),
    as_json: Json = False,
) -> None:
    """Replay the bundled shares lot by lot, harvesting losses or not. About twenty seconds on one core."""
    import numpy as np

    from app.studies import command_line, publish, tell
    from lab.tax_harvest.page import section
    from lab.tax_harvest.study import measure
    from tools.market.bundled import SHARES, load_bundled

    panel = load_bundled().panel.select(SHARES)
    first, stop = np.searchsorted(panel.dates, [np.datetime64(FIRST), np.datetime64(LAST)])
    result = measure(panel.window(int(first), int(stop)), command_line(context))
    page = (
        f"# What does harvesting losses add?\n\n{section(result)}\n\n"
        f"Made by `{result.command}`; the figures stand as JSON in `evidence/tax_harvest.json`."
    )
    figures = publish(out, page, result)
    tell(result, section(result), f"Written to {out} and {figures}.", as_json)
