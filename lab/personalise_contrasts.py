"""Where what a client said and what they did part ways: the two side by side, with the trades. No verdict is passed.

A contrast is drawn only where both sides are known and the history has enough of what it speaks of.
"""

from collections.abc import Callable, Iterator

from portfolio.behaviour_records import Behaviour, Figure
from portfolio.profile import RISK_BANDS, InvestorProfile, Objective, RiskBand
from portfolio.records import Record
from rl.personalisation import ObjectivePosterior

FEWEST_LOTS = 10
"""Lots or sales below which a share is an anecdote."""
LONG_HORIZON = 3.0
"""Years from which a client is taken to mean holding."""
SURE = 0.6
"""Weight from which the history is said to show an objective; none of them must be below 0.2."""


class Contrast(Record):
    """One subject on which words and deeds differ."""

    subject: str
    stated: str
    """The client's own words."""
    revealed: str
    trades: tuple[str, ...] = ()


def contrasts(
    profile: InvestorProfile | None, behaviour: Behaviour, posterior: ObjectivePosterior | None
) -> tuple[Contrast, ...]:
    """All of them, in a fixed order; none where nothing was stated."""
    if profile is None:
        return ()
    found = [contrast for rule in _RULES for contrast in rule(profile, behaviour)]
    return (*found, *_objectives(profile, posterior))


def _enough(figure: Figure, fewest: int = FEWEST_LOTS) -> float | None:
    return figure.value if figure.count >= fewest else None


def _quote(words: str) -> str:
    return f'you said: "{words}"'


def _holding(profile: InvestorProfile, behaviour: Behaviour) -> Iterator[Contrast]:
    figure = behaviour.figure("short_term_gains")
    early = _enough(figure)
    if early is None or early < 1 / 3:
        return
    words = None
    if profile.horizon is not None and profile.horizon.value >= LONG_HORIZON:
        words = profile.horizon.quote
    mix = profile.objectives
    long = (Objective.LONG_TERM_GAIN, Objective.LONG_TERM_GAINS_ONLY)
    if mix is not None and sum(mix.value.get(name, 0.0) for name in long) >= 0.5:
        words = mix.quote
    if words is not None:
        yield Contrast(subject="how long you hold", stated=_quote(words), revealed=figure.said, trades=figure.trades)


def _trading(profile: InvestorProfile, behaviour: Behaviour) -> Iterator[Contrast]:
    figure, mix = behaviour.figure("buy_and_hold"), profile.objectives
    held = _enough(figure)
    short = (Objective.SHORT_TERM_ALPHA, Objective.SHORT_TERM_GAIN)
    if held is None or held < 0.8 or mix is None or sum(mix.value.get(name, 0.0) for name in short) < 0.5:
        return
    yield Contrast(subject="how often you trade", stated=_quote(mix.quote), revealed=figure.said)


def _nerve(profile: InvestorProfile, behaviour: Behaviour) -> Iterator[Contrast]:
    figure = behaviour.figure("sales_after_falls")
    after = _enough(figure)
    if after is None or figure.usual is None or after < figure.usual + 0.2:
        return
    band = profile.risk_tolerance
    if band is not None and RISK_BANDS.index(band.value) >= RISK_BANDS.index(RiskBand.MODERATELY_AGGRESSIVE):
        words = band.quote
    elif profile.loss_limit is not None and profile.loss_limit.value >= 0.2:
        words = profile.loss_limit.quote
    else:
        return
    yield Contrast(
        subject="what you do when prices fall", stated=_quote(words), revealed=figure.said, trades=figure.trades
    )


def _caution(profile: InvestorProfile, behaviour: Behaviour) -> Iterator[Contrast]:
    figure, mix = behaviour.figure("concentration"), profile.objectives
    largest = figure.value
    cautious = profile.risk_tolerance is not None and profile.risk_tolerance.value is RiskBand.CONSERVATIVE
    keeping = mix is not None and mix.value.get(Objective.CAPITAL_PRESERVATION, 0.0) >= 0.5
    if largest is None or largest < 0.3:
        return
    if cautious and profile.risk_tolerance is not None:
        yield Contrast(subject="how you spread", stated=_quote(profile.risk_tolerance.quote), revealed=figure.said)
    elif keeping and mix is not None:
        yield Contrast(subject="how you spread", stated=_quote(mix.quote), revealed=figure.said)


def _taxes(profile: InvestorProfile, behaviour: Behaviour) -> Iterator[Contrast]:
    washed, late, mix = behaviour.figure("wash_sales"), behaviour.figure("year_end_losses"), profile.objectives
    wanted = mix is not None and mix.value.get(Objective.TAX_LOSS_HARVESTING, 0.0) > 0
    share = _enough(washed)
    if wanted and mix is not None and share is not None and share >= 0.2:
        said = f"{washed.said} Such losses are not deductible at once."
        yield Contrast(subject="losses for tax", stated=_quote(mix.quote), revealed=said, trades=washed.trades)
    season = _enough(late)
    if not wanted and mix is not None and season is not None and season >= 0.5:
        yield Contrast(subject="losses for tax", stated=_quote(mix.quote), revealed=late.said, trades=late.trades)


_RULES: tuple[Callable[[InvestorProfile, Behaviour], Iterator[Contrast]], ...] = (
    _holding,
    _trading,
    _nerve,
    _caution,
    _taxes,
)


def _objectives(profile: InvestorProfile, posterior: ObjectivePosterior | None) -> Iterator[Contrast]:
    if posterior is None or profile.objectives is None or posterior.none >= 0.2:
        return
    shown = posterior.group_of(posterior.likeliest)
    weight = posterior.weight_of_group(posterior.likeliest)
    if weight < SURE or sum(profile.objectives.value.get(name, 0.0) for name in shown) >= 0.25:
        return
    names = " or ".join(name.value.replace("_", " ") for name in shown)
    said = f"What you held is likeliest for {names} ({weight:.0%}, over {posterior.days} months)."
    yield Contrast(subject="what you want", stated=_quote(profile.objectives.quote), revealed=said)
