"""`quorum backtest`: strategies by name through raw prices, and one report that says whether any is worth it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.commands.backtest_options import (
    Lot,
    MinimumTrade,
    OrderFee,
    Rebalance,
    Relative,
    Slippage,
    Spread,
    Watch,
    Width,
    execution_of,
)
from app.commands.walk_forward import Count, Ray, bar, who_works
from app.exits import Exit
from app.options import Bills, Home, Json, Today, Trials, clock, day

if TYPE_CHECKING:
    from lab.backtest.plan import Plan
    from lab.backtest.strategies import Strategy
    from lab.report.records import Report
    from tools.market.records import MarketData
    from tools.settings import Settings

FREQUENCY = {"day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly", "year": "yearly"}


def command(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option("--data", help="A folder of OHLCV files, in the bundled history's place.")
    ] = None,
    bills: Bills = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy", help="equal-weight, hrp, policy, gated ...; repeat it. All that there are by default."
        ),
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--first", formats=["%Y-%m-%d"], help="The first decision is on or after this day."),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--last", formats=["%Y-%m-%d"], help="No later price is read.")
    ] = None,
    test_from: Annotated[
        datetime | None,
        typer.Option(
            "--test-from",
            formats=["%Y-%m-%d"],
            help="Years before name the rival, later ones judge. The policy's first test day by default.",
        ),
    ] = None,
    every: Annotated[
        Literal["day", "week", "month", "quarter", "year"],
        typer.Option("--every", help="How often each strategy decides."),
    ] = "month",
    cost: Annotated[float, typer.Option("--cost", min=0, help="Basis points of the value traded.")] = 10.0,
    spread: Spread = 0.0,
    slippage: Slippage = 0.0,
    order_fee: OrderFee = 0.0,
    minimum_trade: MinimumTrade = 0.0,
    lot: Lot = 0.0,
    rebalance: Rebalance = "decisions",
    width: Width = None,
    relative: Relative = False,
    watch: Watch = None,
    volatility: Annotated[
        float, typer.Option("--volatility", min=0.01, max=1, help="Yearly risk to which all are mixed with cash.")
    ] = 0.10,
    risk_aversion: Annotated[
        float | None,
        typer.Option(
            "--risk-aversion",
            min=0.1,
            help="Of the certainty-equivalent return: 5 by default, with --committee the client's own.",
        ),
    ] = None,
    cap: Annotated[float, typer.Option("--cap", min=0.01, max=1, help="Largest weight of one asset.")] = 0.25,
    draws: Annotated[int, typer.Option("--draws", min=100, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of the bootstrap.")] = 0,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="The allocator's folder; the shipped one by default.")
    ] = None,
    seeds: Annotated[
        bool, typer.Option("--seeds/--no-seeds", help="Whether each seed's policy is run alone as well.")
    ] = True,
    taxes: Annotated[
        bool, typer.Option("--taxes", help="What a US client's taxes leave of each strategy, by tax lots.")
    ] = False,
    tax_ordinary: Annotated[
        float,
        typer.Option("--tax-ordinary", min=0, max=0.99, help="With --taxes: on interest and gains within a year."),
    ] = 0.24,
    tax_long: Annotated[
        float, typer.Option("--tax-long", min=0, max=0.99, help="With --taxes: on gains held for more than a year.")
    ] = 0.15,
    tax_investment: Annotated[
        float, typer.Option("--tax-investment", min=0, max=0.99, help="With --taxes: 0.038 for high incomes.")
    ] = 0.0,
    tax_state: Annotated[
        float, typer.Option("--tax-state", min=0, max=0.99, help="With --taxes: the state's, on all of it.")
    ] = 0.0,
    lots: Annotated[
        Literal["hifo", "fifo", "lifo"],
        typer.Option("--lots", help="With --taxes: lots sold first, the dearest, the oldest or the newest."),
    ] = "hifo",
    account: Annotated[
        float,
        typer.Option(
            "--account",
            min=1,
            help="Money at the test's start, for --taxes; with --order-fee, --minimum-trade or --lot at the first "
            "decision.",
        ),
    ] = 200_000.0,
    out: Annotated[Path, typer.Option("--out", help="The folder of the report.")] = Path("quorum-backtest"),
    register: Trials = None,
    check_look_ahead: Annotated[
        bool,
        typer.Option(
            "--check-look-ahead",
            help="Scramble the future at several dates and name whatever answers otherwise; no report.",
        ),
    ] = False,
    committee: Annotated[
        bool,
        typer.Option(
            "--committee",
            help="Ask the live committee at every decision, in each of its ways, at its client's own risk.",
        ),
    ] = False,
    client: Annotated[
        str | None,
        typer.Option("--client", help="With --committee: the client's words, or a .txt or .md file of them."),
    ] = None,
    ways: Annotated[
        str | None,
        typer.Option(
            "--ways", help="With --committee: committee, committee-policy, scores, ensemble, retrieval, direct."
        ),
    ] = None,
    committee_page: Annotated[
        Path | None, typer.Option("--committee-page", help="With --committee: a Markdown page on it, and its figures.")
    ] = None,
    contamination: Annotated[
        Path | None,
        typer.Option("--contamination", help="Figures of `quorum evaluate contamination`, to stand in the report."),
    ] = None,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Backtest baselines and the allocator at the same risk, under the same limits, after costs; write the report.

    The page answers first whether anything is better than equal weight. Every run is a line in the register of trials,
    which the deflated Sharpe ratio counts. Decisions are kept in the home folder: an interrupted run goes on where it
    stopped. The same inputs give the same bytes, however many work on it.
    """
    from app.studies import command_line, trial_register
    from app.wiring import home_personas, read_settings
    from lab.backtest.plan import Plan

    plan = Plan.model_validate(
        {
            "strategies": tuple(strategy or ()),
            "first": day(first),
            "last": day(last),
            "test_from": day(test_from),
            "every": FREQUENCY[every],
            "cost_basis_points": cost,
            "volatility": volatility,
            "risk_aversion": Plan().risk_aversion if risk_aversion is None else risk_aversion,
            "cap": cap,
            "draws": draws,
            "seed": seed,
            "taxes": {
                "ordinary": tax_ordinary,
                "long": tax_long,
                "net_investment_income": tax_investment,
                "state": tax_state,
            }
            if taxes
            else None,
            "lots": lots,
            "account": account,
            "execution": execution_of(
                rebalance,
                width,
                relative,
                watch,
                spread=spread,
                slippage=slippage,
                order_fee=order_fee,
                minimum_trade=minimum_trade,
                lot=lot,
                account=account,
            ),
        }
    )
    settings = _deciding_by(checkpoint, read_settings(home=home, prices=data))
    from tools.market.source import open_market

    market = open_market(settings)
    billed = _billed(market, bills)
    both, alone, cause = learned_strategies(checkpoint)
    if check_look_ahead:
        _check(settings, market, billed, plan, both, as_json)
        return
    from agents.personas import score_history
    from lab.backtest.register import trials_of
    from lab.backtest.run import run, world_of
    from lab.committee.page import notes, write_page
    from lab.report.files import PAGE, write
    from lab.report.sections import (
        choice_section,
        committee_section,
        contamination_section,
        placebo_section,
        read_contamination,
    )

    book = trial_register(settings, register)
    opened = clock(today)
    world = world_of(billed, lambda cut: score_history(home_personas(settings), cut.panel), plan)
    sitting = None
    if committee:
        from lab.committee.strategies import sit

        with bar("committee", as_json) as show_days:
            sitting = sit(
                settings,
                market,
                world,
                plan,
                client=client,
                ways=[name.strip() for name in (ways or "").split(",") if name.strip()],
                risk_aversion=risk_aversion,
                asked_on=opened,
                workers=who_works(ray, workers),
                progress=show_days,
            )
        plan, both, seeds = sitting.plan, sitting.strategies, False
    with steps(as_json) as show:
        study = run(
            world,
            plan,
            show,
            extra=both,
            seeds=alone if seeds and (not plan.strategies or "policy" in plan.strategies) else (),
            trials=lambda so_far: trials_of(so_far, book, opened),
            home=settings.home / "backtests",
            workers=who_works(ray, workers),
        )
        told: tuple[str, ...] = ()
        choice = choice_section(study)
        sections = [] if choice is None else [choice]
        if sitting is not None:
            told = notes(study, sitting)
            sections.append(committee_section(sitting.answering))
        if contamination is not None:
            read = read_contamination(contamination)
            sections += [one for one in (contamination_section(read), placebo_section(read)) if one is not None]
        report, _ = write(study, out, told, tuple(sections))
    if sitting is not None and committee_page is not None:
        write_page(study, report, sitting, settings.model_name, command_line(context), committee_page)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
        return
    _show(report, cause, out / PAGE)


def _show(report: "Report", cause: str | None, page: Path) -> None:
    """On the screen: who was left out, the table, the answer, and where the rest is."""
    from rich.console import Console

    from app.render.backtest import summary

    console = Console()
    if cause is not None:
        console.print(f"The allocator was left out: {cause}")
    console.print(summary(report))
    console.print(report.answer, highlight=False)
    console.print(f"\nThe report is {page}; the same in Markdown, JSON and parquet lies beside it.")


def _deciding_by(checkpoint: Path | None, settings: "Settings") -> "Settings":
    """The settings of a live committee whose policy is the named one; as they are where none is named."""
    return settings if checkpoint is None else settings.model_copy(update={"checkpoint": checkpoint})


def learned_strategies(folder: Path | None) -> "tuple[tuple[Strategy, ...], tuple[Strategy, ...], str | None]":
    """The allocator's strategies, or why there are none. A checkpoint that was named must be there."""
    from lab.backtest.learned import learned
    from rl.checkpoint import AllocatorUnavailable
    from tools.errors import DataError

    try:
        both, alone, _ = learned(folder)
    except AllocatorUnavailable as error:
        if folder is not None:
            raise DataError(error.message, error.remedy) from error
        return (), (), error.message
    return both, alone, None


def _billed(market: "MarketData", folder: Path | None) -> "MarketData":
    """The market with the bill rate that a fund of the folder tells, where it has none of its own."""
    from lab.bills import bill_fund, continued

    return market if folder is None else continued(market, bill_fund(folder))


def _check(
    settings: "Settings",
    market: "MarketData",
    billed: "MarketData",
    plan: "Plan",
    extra: "tuple[Strategy, ...]",
    as_json: bool,
) -> None:
    """Rules and personas on the `billed` market, the live committee on the one that it is asked on."""
    from rich.console import Console

    from app.wiring import home_personas
    from lab.backtest.look_ahead import check_look_ahead
    from lab.backtest.look_ahead_live import check_live

    with steps(as_json) as show:
        found = check_look_ahead(billed, home_personas(settings), plan, show, extra=extra)
        live = check_live(market, settings, plan.seed, show, last=plan.last)
    found = found.model_copy(update={"live": live})
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        Console().print(found.sentence)
    if found.every_leak:
        raise typer.Exit(Exit.FINDINGS)


@contextmanager
def steps(quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar with the time left, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        task = bar.add_task("backtest", total=None)

        def show(done: int, total: int, message: str) -> None:
            bar.update(task, completed=done, total=total, description=message)

        yield show
