"""`quorum personalise`: a client's own trades to figures, to objectives, and to an adapter of the policy's router.

Contract
--------
- Every row of the file is accounted for; what was not understood is shown.
- Nothing is inferred from too little: the report says what is missing and how much would do.
- An adapter is written only where the months that took no part in the fitting are likelier with it.
"""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from lab.personalise_contrasts import Contrast, contrasts
from portfolio.behaviour import behaviour_of
from portfolio.behaviour_positions import Positions, positions_of
from portfolio.behaviour_records import Behaviour
from portfolio.profile import InvestorProfile
from portfolio.records import Record
from portfolio.suitability import mandate_from_profile
from rl.conditioning import client_of
from rl.personalisation import FEWEST_DAYS, FEWEST_TRADES, ObjectivePosterior, TooLittleHistory, infer_objectives
from rl.personalisation_fit import AdapterFit, FitConfig, fit_adapter
from rl.personalisation_observed import Observed, observe
from rl.personalisation_store import AdapterCard, AdapterSpan, adapter_bytes, save_adapter
from tools.brokerage import History
from tools.brokerage.records import LeftOut
from tools.market.records import MarketData

if TYPE_CHECKING:
    from rl.card import ModelCard
    from rl.ensemble import Ensemble

WARM_UP_YEARS = 3
"""Of prices before the first trade: what the features look back on."""
KNOWN_SHARE = 0.8
"""Of the money in purchases and sales, at least, that must be in assets with prices."""


class AdapterReport(Record):
    """What became of the adapter: `written` is the folder, or None with the reason in `said`."""

    said: str
    written: str | None = None
    card: AdapterCard | None = None


class PersonaliseReport(Record):
    """`quorum personalise --json`."""

    source: str
    format: str
    rows: int
    transactions: int
    not_understood: tuple[LeftOut, ...]
    set_aside: int
    """Rows that are no transactions: totals, titles, disclaimers."""
    notes: tuple[str, ...]
    behaviour: Behaviour | None
    stated: InvestorProfile | None
    contrasts: tuple[Contrast, ...]
    objectives: ObjectivePosterior | None
    objectives_said: str
    adapter: AdapterReport


def personalise(
    history: History,
    data: MarketData,
    *,
    profile: InvestorProfile | None = None,
    checkpoint: Path | None = None,
    out: Path | None = None,
    config: FitConfig | None = None,
) -> PersonaliseReport:
    """Read, measure, infer, fit and (with `out`) write.

    `profile` is what the client said, if anything. Raises AllocatorUnavailable for a checkpoint that cannot be read.
    """
    behaviour = behaviour_of(history.transactions, data.panel) if history.transactions else None
    posterior, said, adapter = _read_intent(history, data, profile, checkpoint, out, config or FitConfig())
    return PersonaliseReport(
        source=history.source,
        format=history.format,
        rows=history.rows,
        transactions=len(history.transactions),
        not_understood=history.not_understood,
        set_aside=len(history.left_out) - len(history.not_understood),
        notes=history.notes,
        behaviour=behaviour,
        stated=profile,
        contrasts=() if behaviour is None else contrasts(profile, behaviour, posterior),
        objectives=posterior,
        objectives_said=said,
        adapter=adapter,
    )


def _read_intent(
    history: History,
    data: MarketData,
    profile: InvestorProfile | None,
    checkpoint: Path | None,
    out: Path | None,
    config: FitConfig,
) -> tuple[ObjectivePosterior | None, str, AdapterReport]:
    """Posterior, sentence and adapter; each reason to abstain ends it early."""
    from rl.checkpoint import read, shipped

    why = _too_little(history, data)
    if why is not None:
        return None, why, AdapterReport(said=f"No adapter was fitted: {why}")
    ensemble, card = read(shipped(personal=True) if checkpoint is None else checkpoint)
    seen = observed_history(history, data, ensemble)
    client = client_of(mandate_from_profile(profile or InvestorProfile(), data.universe))
    try:
        posterior = infer_objectives(ensemble, seen, client)
        said = _told(posterior)
        fit = fit_adapter(ensemble, seen, client, posterior, config)
    except TooLittleHistory as error:
        return None, str(error), AdapterReport(said=f"No adapter was fitted: {error}.")
    except ValueError as error:
        return posterior, said, AdapterReport(said=f"No adapter was fitted: {error}.")
    return posterior, said, _adapter(fit, posterior, seen, history, data, card, config, out)


def observed_history(history: History, data: MarketData, ensemble: "Ensemble") -> Observed:
    """The decision days of a history: prices from `WARM_UP_YEARS` before its first trade to the data's last day."""
    import numpy as np

    from agents.personas import load_personas, score_history
    from rl.environment import decision_rows, market_of

    first = np.datetime64(history.transactions[0].day) - np.timedelta64(365 * WARM_UP_YEARS, "D")
    panel = data.panel.window(int(np.searchsorted(data.panel.dates, first)), len(data.panel.dates))
    last = np.datetime64(history.transactions[-1].day)
    market = market_of(panel, score_history(load_personas(), panel), sleeve=ensemble.sleeve)
    positions = positions_of(history.transactions, panel)
    rows = decision_rows(panel)
    # After the last trade the file says nothing: whether the client still watches is not known.
    told = (panel.dates[rows] <= last)[:, None]
    return observe(market, np.where(told, positions.value[rows], 0.0), positions.traded[rows] & told)


def _too_little(history: History, data: MarketData) -> str | None:
    trades = [item for item in history.transactions if item.kind in ("buy", "sell") and item.instrument == "security"]
    if len(trades) < FEWEST_TRADES:
        return (
            f"The history has {len(trades)} purchases and sales of shares and funds; {FEWEST_TRADES} of them over at "
            f"least {FEWEST_DAYS} months are needed before anything can be said about objectives."
        )
    positions: Positions = positions_of(history.transactions, data.panel)
    missing = set(positions.unknown)
    money = {True: 0.0, False: 0.0}
    for item in trades:
        money[item.name not in missing] += item.value or 0.0
    known = money[True] / max(sum(money.values()), 1e-12)
    if known < KNOWN_SHARE:
        names = ", ".join(positions.unknown[:8]) + (" and others" if len(positions.unknown) > 8 else "")
        return (
            f"Prices are known for {known:.0%} of the money traded and {KNOWN_SHARE:.0%} are needed "
            f"(missing: {names}); name a folder that has them with --data."
        )
    return None


def _told(posterior: ObjectivePosterior) -> str:
    if len(posterior.group_of(posterior.likeliest)) == len(posterior.weights):
        return (
            "This policy holds nearly the same for all six objectives, so no history can show through it which of them "
            "you pursue. The figures above are what your trades do show."
        )
    if posterior.none >= 0.5:
        return (
            "What you held is not better explained by any of the six objectives than by chance around the baseline "
            f"({posterior.none:.0%}), so none is shown as yours."
        )
    names = " or ".join(name.value.replace("_", " ") for name in posterior.group_of(posterior.likeliest))
    weight = posterior.weight_of_group(posterior.likeliest) * (1.0 - posterior.none)
    return (
        f"Over {posterior.days} months your holdings are likeliest for {names} ({weight:.0%}); the policy explains "
        f"{posterior.explained:.0%} of how they differ from the baseline."
    )


def _adapter(
    fit: AdapterFit,
    posterior: ObjectivePosterior,
    seen: Observed,
    history: History,
    data: MarketData,
    card: "ModelCard",
    config: FitConfig,
    out: Path | None,
) -> AdapterReport:
    from rl.personalisation import in_time_order, objective_mix

    days = [seen.dates[index.numpy()] for index in in_time_order(len(seen), config.shares)]
    spans = [AdapterSpan(first=d[0].astype(object), last=d[-1].astype(object), days=len(d)) for d in days]
    mix = objective_mix(posterior)[0].tolist()
    made = AdapterCard(
        checkpoint=card.name,
        checkpoint_sha256=card.weights_sha256,
        history_sha256=history.sha256,
        prices=data.panel.source,
        trades=len(history.transactions),
        objectives=dict(zip(posterior.weights, mix, strict=True)),
        none=posterior.none,
        leaning=posterior.leaning,
        config=config,
        steps=fit.steps,
        noise=fit.noise,
        learning=spans[0],
        stopping=spans[1],
        judging=spans[2],
        learned=fit.learned,
        stopped=fit.stopped,
        held_out=fit.held_out,
        adapter_sha256=sha256(adapter_bytes(fit.adapter)).hexdigest(),
    )
    gain = f"{fit.held_out.gain:+.4f} nats a figure over {fit.held_out_days} months that it had not seen"
    if not fit.earned:
        return AdapterReport(said=f"The adapter did not earn its place ({gain}), so none was written.", card=made)
    if out is None:
        return AdapterReport(said=f"The adapter earned its place ({gain}); name --out to keep it.", card=made)
    save_adapter(out, fit.adapter, made)
    return AdapterReport(said=f"The adapter earned its place ({gain}).", written=str(out), card=made)
