"""`quorum evaluate lstm-ppo`: the table of the hybrid LSTM and PPO paper rebuilt on real prices, with seeds."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.walk_forward import Count, Ray, bar, who_works
from app.options import Home, Json, Today, Trials, clock


class Part(StrEnum):
    """What can be measured alone; typer wants an enumeration for an option that may be repeated."""

    TREASURIES = "treasuries"
    CRYPTO = "crypto"
    US_SHARES = "us-shares"
    BUNDLED = "bundled"
    INDONESIA = "indonesia"
    QUALITY = "quality"


def command(
    context: typer.Context,
    prices: Annotated[Path, typer.Option("--prices", help="A folder with `etf`, `us_crypto` and `idx_lq45`.")],
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/lstm-ppo.md"),
    register: Trials = None,
    only: Annotated[
        list[Part] | None, typer.Option("--only", help="Measure this part; repeat it. Everything by default.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two seeds and networks of four units: a minute, no evidence.")
    ] = False,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Rebuild every row of arXiv 2511.17963's table for the years that the data reach, and judge the forecaster.

    A quarter of an hour on one core. Finished forecasters and tables are kept, so an interrupted run goes on where it
    stopped. Every look at a test year is registered.
    """
    from app.studies import command_line, publish, tell, trial_register
    from app.wiring import read_settings
    from lab.hybrid.page import page, section
    from lab.hybrid.records import FULL, QUICK
    from lab.hybrid.register import trials_of
    from lab.hybrid.study import run_study
    from lab.hybrid.universes import bundled_shares, cases

    settings = read_settings(home=home)
    kept = trial_register(settings, register)
    config = QUICK if quick else FULL
    parts = tuple(only or Part)
    with bar("", as_json) as show:
        study = run_study(
            cases(prices, parts),
            bundled_shares() if Part.QUALITY in parts else None,
            config,
            command=command_line(context),
            folder=settings.home / "evidence" / "lstm-ppo",
            workers=who_works(ray, workers),
            progress=show,
        )
    kept.open(trials_of(study.measured, config, clock(today)))
    figures = publish(out, page(study.result), study.result, "lstm_ppo")
    tell(study.result, section(study.result), f"Written to {out} and {figures}; register {kept.path}.", as_json)
