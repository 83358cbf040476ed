"""`quorum evaluate cross-validation`: does choosing the best rule, or learning, carry over to other years?"""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.walk_forward import Count, Ray, bar, who_works
from app.options import Bills, Home, Json, Prices, Today, Trials, clock


def command(
    context: typer.Context,
    prices: Prices = None,
    bills: Bills = None,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/cross-validation.md"),
    register: Trials = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Few groups, few updates, one seed: half a minute, no evidence.")
    ] = False,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Combinatorially purged cross-validation of choosing the best rule, and of a small policy, beside equal weight.

    Decisions and trainings are kept, so an interrupted run goes on where it stopped. About four minutes of one core.
    """

    from agents.personas import score_history
    from app.studies import command_line, publish, tell, trial_register
    from app.wiring import home_personas, read_settings
    from lab.backtest.seen import World
    from lab.bills import bill_fund, continued
    from lab.cross_validation.page import page, section
    from lab.cross_validation.study import FULL, QUICK, registered, run
    from tools.market.source import open_market

    settings = read_settings(home=home, prices=prices)
    data = open_market(settings)
    if bills is not None:
        data = continued(data, bill_fund(bills))
    world = World(data.panel, data.universe, score_history(home_personas(settings), data.panel))
    with bar("", as_json) as show:
        study = run(
            world,
            QUICK if quick else FULL,
            command=command_line(context),
            folder=settings.home / "cross-validation",
            workers=who_works(ray, workers),
            progress=show,
        )
    result = registered(study, trial_register(settings, register), clock(today))
    figures = publish(out, page(result), result)
    tell(result, section(result), f"Written to {out} and {figures}.", as_json)
