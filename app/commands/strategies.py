"""`quorum evaluate strategies`: every strategy of `quorum backtest` on every market at hand, on one page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.backtest import learned_strategies, steps
from app.commands.walk_forward import Count, Ray, who_works
from app.options import Home, Json, Today, Trials, clock

if TYPE_CHECKING:
    from lab.report.records import Report

FOLDERS = ("etf", "us_crypto")
BILLED_BY = "etf"
"""The folder whose bill fund continues the bill rate of every market."""
BUNDLED = "bundled"


def command(
    context: typer.Context,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", help="A folder with `etf` and `us_crypto`, any of them; else bundled alone."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/strategies.md"),
    quick: Annotated[bool, typer.Option("--quick", help="Quarterly decisions and 200 draws: no evidence.")] = False,
    register: Trials = None,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Backtest every strategy, before and after tax, on the bundled history and on folders of prices.

    The bill fund of `etf`, where it is there, tells what cash earns on all of them. Takes about three minutes of one
    core. Decisions are kept: an interrupted run goes on where it stopped.
    """
    from agents.personas import score_history
    from app.studies import command_line, publish, trial_register
    from app.wiring import home_personas, read_settings
    from lab.backtest.evidence import result_of
    from lab.backtest.page import page
    from lab.backtest.plan import Plan
    from lab.backtest.register import trials_of
    from lab.backtest.run import run, world_of
    from lab.bills import continued
    from lab.report.make import report_of
    from portfolio.taxes import TaxRates
    from tools.market.folder import load_folder
    from tools.market.source import open_market

    settings = read_settings(home=home)
    book, opened = trial_register(settings, register), clock(today)
    plan = Plan(
        every="quarterly" if quick else "monthly",
        draws=200 if quick else 1000,
        taxes=TaxRates(ordinary=0.24, long=0.15),
    )
    both, alone, _ = learned_strategies(None)
    personas = home_personas(settings)
    funds = load_folder(prices / BILLED_BY) if prices is not None and (prices / BILLED_BY).is_dir() else None

    def one(name: str) -> "tuple[Report, int]":
        market = open_market(
            read_settings(home=home, prices=None if name == BUNDLED or prices is None else prices / name)
        )
        billed = market if funds is None else continued(market, funds)
        world = world_of(billed, lambda cut: score_history(personas, cut.panel), plan)
        with steps(as_json) as show:
            study = run(
                world,
                plan,
                lambda done, total, message: show(done, total, f"{name}: {message}"),
                extra=both,
                seeds=alone,
                trials=lambda so_far: trials_of(so_far, book, opened),
                home=settings.home / "backtests",
                workers=who_works(ray, workers),
            )
        return report_of(study), len(world.panel.symbols)

    names = (BUNDLED, *(name for name in FOLDERS if prices is not None and (prices / name).is_dir()))
    result = result_of(names, one, command_line(context))
    figures = publish(out, page(result), result)
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
        return
    from rich.console import Console

    from lab.backtest.page import answer

    Console().print(answer(result), highlight=False)
    Console().print(f"\nThe page is {out}; its figures are {figures}.")
