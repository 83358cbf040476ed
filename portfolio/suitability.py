"""From a profile to binding numbers: each limit is the tightest of several rules, and says whose words set it.

Rules (yearly figures; documented in one place so that a client's adviser can dispute them):

| fact | limits |
| --- | --- |
| risk tolerance, five bands | volatility 5, 8, 12, 17, 25 %; risky assets 35, 55, 75, 90, 100 %; one sector 25..40 % |
| loss limit L | CVaR95 at most 0.95 L: the average bad year stays a twentieth inside the loss the client named,  |
|  | because they would sell *at* it; volatility at most 0.95 L / 2.063 (a normal CVaR95 is 2.063 deviations) |
| horizon in years | risky assets, piecewise linear: 0 % under one year, 20 % at 2, 35 % at 3, 60 % at 5, |
|  | 80 % at 7, 100 % from 10; unknown: 5 years, or 2 where the money may be needed at any time |
| capacity low, medium, high | volatility 8, 20, 25 %; risky assets 50, 90, 100 % |
| liquidity need low, medium, high | cash 0, 8, 20 %; goals due within three years: their amounts in cash, |
|  | fading to nil at five |
| experience low, medium, high | one share 8, 12, 20 %; single shares 70, 90, 100 %; commodities and coins 0, 10, 20 % |

What the client has not said is read cautiously, and the reason says that nothing was said. Every rule is monotone:
more tolerance, capacity, horizon, experience or loss limit never tightens a limit; more liquidity need never loosens
one. Stated caps and floors bind as stated, whatever the bands allow, and so do stated numbers of positions.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from portfolio.intent import objective_mix
from portfolio.mandate import AssetBound, ExcludedAsset, GroupBound, Limit, Mandate
from portfolio.matching import EACH_SECTOR, EACH_SHARE, EQUITY, matching, wording
from portfolio.profile import LEVELS, RISK_BANDS, GoalKind, InvestorProfile, Level, Preference, RiskBand
from portfolio.records import CASH
from portfolio.universe import Universe

CVAR_PER_VOLATILITY = 2.063
"""CVaR95 of a zero-mean normal variable in standard deviations: phi(1.645) / 0.05."""
LOSS_MARGIN = 0.95
"""Share of the named loss that the average bad year may reach."""
# The boldest band may hold nothing but shares: twenty of them swing by 25 % a year when 2020 is among the years read.
BAND_VOLATILITY = (0.05, 0.08, 0.12, 0.17, 0.25)
BAND_RISK_ASSETS = (0.35, 0.55, 0.75, 0.90, 1.0)
BAND_GROUP = (0.25, 0.25, 0.30, 0.35, 0.40)
BAND_COMPLEX = (0.0, 0.05, 0.10, 0.15, 0.20)
BAND_AVERSION = (12.0, 8.0, 5.0, 3.5, 2.0)
CAPACITY_VOLATILITY = (0.08, 0.20, 0.25)
CAPACITY_RISK_ASSETS = (0.50, 0.90, 1.0)
EXPERIENCE_SHARE = (0.08, 0.12, 0.20)
EXPERIENCE_SINGLE_SHARES = (0.70, 0.90, 1.0)
EXPERIENCE_COMPLEX = (0.0, 0.10, 0.20)
LIQUIDITY_CASH = (0.0, 0.08, 0.20)
UNKNOWN_CASH = 0.05
UNKNOWN_HORIZON = 5.0
ANY_TIME_HORIZON = 2.0
"""Years, where the money may be needed at any time and no later date was said."""
FUND_CAP = 0.40
HORIZON_RISK_ASSETS = ((1.0, 0.0), (2.0, 0.20), (3.0, 0.35), (5.0, 0.60), (7.0, 0.80), (10.0, 1.0))
NEAR_YEARS, FADED_YEARS = 3.0, 5.0
NEAR_GOAL_CASH = 0.25
"""Cash for a near goal whose amount, or whose share of the money, is unknown."""
INCOME_YEARS = 2.0
"""Years of withdrawals that an income goal keeps in cash."""


@dataclass(frozen=True)
class _Rule:
    """One source's opinion of one limit."""

    value: float
    reason: str
    sources: tuple[str, ...] = ()


def mandate_from_profile(profile: InvestorProfile, universe: Universe) -> Mandate:
    """The profile as limits on weights over `universe` and cash. Pure; see the module's table for the rules."""
    excluded = _exclusions(profile, universe)
    caps = _Stated(profile, universe)
    cash_floor = _binding(_cash_rules(profile) + caps.cash_floors, floor=True)
    invested = _Rule(
        1.0 - cash_floor.value,
        f"the rest after the cash you keep ({_percent(cash_floor.value)})",
        cash_floor.sources,
    )
    volatility = (
        *_band(profile, BAND_VOLATILITY, "yearly swings of at most"),
        *_capacity(profile, CAPACITY_VOLATILITY),
    )
    bad_years = tuple(CVAR_PER_VOLATILITY * value for value in BAND_VOLATILITY)
    cvar = (
        *_band(profile, bad_years, "an average bad year (worst 1 in 20) of at most"),
        *_capacity(profile, tuple(CVAR_PER_VOLATILITY * value for value in CAPACITY_VOLATILITY)),
    )
    risk_assets = (
        *_horizon(profile),
        *_band(profile, BAND_RISK_ASSETS, "risky assets of at most"),
        *_capacity(profile, CAPACITY_RISK_ASSETS),
        invested,
        *caps.equity_caps,
    )
    return Mandate(
        volatility_cap=_tightest(volatility + _loss(profile, 1 / CVAR_PER_VOLATILITY)),
        cvar_cap=_tightest(cvar + _loss(profile, 1.0)),
        cash_floor=cash_floor,
        risk_asset_cap=_tightest(risk_assets),
        share_cap=_tightest((*_experience(profile, EXPERIENCE_SHARE, "any one share at most"), *caps.each_caps)),
        fund_cap=Limit(
            value=FUND_CAP, reason=f"No single fund above {_percent(FUND_CAP)}: a house rule for everybody."
        ),
        single_shares_cap=_tightest(
            (*_experience(profile, EXPERIENCE_SINGLE_SHARES, "single shares together at most"), *caps.share_caps)
        ),
        complex_cap=_tightest(
            (
                *_experience(profile, EXPERIENCE_COMPLEX, "commodities and coins at most"),
                *_band(profile, BAND_COMPLEX, "commodities and coins at most"),
            )
        ),
        group_cap=_tightest((*_band(profile, BAND_GROUP, "any one sector at most"), *caps.sector_caps)),
        turnover_cap=Limit(value=1.0, reason="You have set no limit on how much may be traded."),
        **_positions(profile),
        asset_bounds=caps.asset_bounds,
        group_bounds=caps.group_bounds,
        exclusions=excluded,
        risk_aversion=_aversion(profile),
        objective_mix=objective_mix(profile),
        leanings=_leanings(profile, universe, {s for item in excluded for s in item.symbols}),
        notes=caps.notes,
    )


def _tightest(rules: Sequence[_Rule]) -> Limit:
    return _binding(rules, floor=False)


def _binding(rules: Sequence[_Rule], *, floor: bool) -> Limit:
    """The rule that binds: the smallest cap or the largest floor; on a tie what the client said speaks first."""
    best = min(rules, key=lambda rule: (-rule.value if floor else rule.value, not rule.sources))
    reason = best.reason[0].upper() + best.reason[1:]
    return Limit(value=best.value, reason=reason if reason.endswith(".") else f"{reason}.", sources=best.sources)


def _band(
    profile: InvestorProfile, table: Sequence[float], what: str, shown: Callable[[float], str] | None = None
) -> tuple[_Rule, ...]:
    stated = profile.risk_tolerance
    if stated is not None:
        value = table[RISK_BANDS.index(stated.value)]
        text = (shown or _percent)(value)
        name = stated.value.value.replace("_", " ")
        return (_Rule(value, f"{_said(stated.quote)}: read as {name}, {what} {text}", ("risk_tolerance",)),)
    # A stated loss limit speaks for tolerance as well, so the unknown band may then be read as the middle one.
    cautious = RiskBand.MODERATE if profile.loss_limit else RiskBand.MODERATELY_CONSERVATIVE
    value = table[RISK_BANDS.index(cautious)]
    text = (shown or _percent)(value)
    name = cautious.value.replace("_", " ")
    return (_Rule(value, f"you have not said how much risk suits you, so {name} for now: {what} {text}"),)


def _loss(profile: InvestorProfile, scale: float) -> tuple[_Rule, ...]:
    stated = profile.loss_limit
    if stated is None:
        return ()
    value = LOSS_MARGIN * stated.value * scale
    kept = f"an average bad year (worst 1 in 20) is kept inside {_percent(LOSS_MARGIN * stated.value)}"
    return (_Rule(value, f"{_said(stated.quote)}: {kept}", ("loss_limit",)),)


def _capacity(profile: InvestorProfile, table: Sequence[float]) -> tuple[_Rule, ...]:
    stated = profile.capacity
    if stated is None:
        return (
            _Rule(
                table[1],
                "you have not said what a loss would do to your finances, so a middling ability to bear one for now",
            ),
        )
    value = table[LEVELS.index(stated.value)]
    return (_Rule(value, f"{_said(stated.quote)}: {stated.value.value} ability to bear losses", ("capacity",)),)


def _horizon(profile: InvestorProfile) -> tuple[_Rule, ...]:
    stated = profile.horizon
    need = profile.liquidity_need
    if stated is None and need is not None and need.value is Level.HIGH:
        value = _interpolate(ANY_TIME_HORIZON, HORIZON_RISK_ASSETS)
        years = (
            f"no later date said, so {ANY_TIME_HORIZON:.0f} years for now: risky assets of at most {_percent(value)}"
        )
        return (_Rule(value, f"{_said(need.quote)}: {years}", ("liquidity_need",)),)
    if stated is None:
        value = _interpolate(UNKNOWN_HORIZON, HORIZON_RISK_ASSETS)
        return (_Rule(value, f"you have not said when you need the money, so {UNKNOWN_HORIZON:.0f} years for now"),)
    value = _interpolate(stated.value, HORIZON_RISK_ASSETS)
    years = f"{stated.value:.3g} years" if stated.value != 1 else "1 year"
    return (
        _Rule(value, f"{_said(stated.quote)}: {years} carry at most {_percent(value)} in risky assets", ("horizon",)),
    )


def _experience(profile: InvestorProfile, table: Sequence[float], what: str) -> tuple[_Rule, ...]:
    stated = profile.experience
    if stated is None:
        return (
            _Rule(
                table[0],
                f"you have not said how experienced you are, so as for a beginner: {what} {_percent(table[0])}",
            ),
        )
    value = table[LEVELS.index(stated.value)]
    return (
        _Rule(
            value, f"{_said(stated.quote)}: {stated.value.value} experience, {what} {_percent(value)}", ("experience",)
        ),
    )


def _cash_rules(profile: InvestorProfile) -> tuple[_Rule, ...]:
    stated = profile.liquidity_need
    if stated is None:
        rules = [
            _Rule(
                UNKNOWN_CASH,
                f"you have not said whether you may need money early, so a little cash: {_percent(UNKNOWN_CASH)}",
            )
        ]
    else:
        value = LIQUIDITY_CASH[LEVELS.index(stated.value)]
        rules = [_Rule(value, f"{_said(stated.quote)}: {stated.value.value} need for ready money", ("liquidity_need",))]
    goals = _goal_cash(profile)
    return tuple(rules) + ((goals,) if goals is not None else ())


def _goal_cash(profile: InvestorProfile) -> _Rule | None:
    """Cash for goals that fall due soon: whole up to three years, fading linearly to nil at five."""
    if profile.goals is None:
        return None
    money = profile.amount_to_invest.value if profile.amount_to_invest else None
    total, named = 0.0, []
    for goal in profile.goals.value:
        income = goal.kind is GoalKind.INCOME
        if income and goal.amount is not None and money and not (goal.years and goal.years > NEAR_YEARS):
            total += min(1.0, INCOME_YEARS * goal.amount / money)
            named.append("two years of income")
            continue
        if goal.years is None or goal.years >= FADED_YEARS or goal.kind is GoalKind.GROWTH or income:
            continue
        near = min(1.0, (FADED_YEARS - goal.years) / (FADED_YEARS - NEAR_YEARS))
        share = goal.amount / money if goal.amount and money else NEAR_GOAL_CASH
        total += near * min(1.0, share)
        named.append(f"{goal.kind.value} in {goal.years:.3g} years")
    if not named:
        return None
    sources = ("goals", "amount_to_invest") if money else ("goals",)
    return _Rule(min(1.0, total), f"kept ready for: {', '.join(named)} ({_said(profile.goals.quote)})", sources)


def _positions(profile: InvestorProfile) -> dict[str, Limit]:
    """Limits on how many positions there are and how small one may be, as stated; without a word of it none binds."""
    stated = profile.positions
    if stated is None:
        return {}
    wish, sources = stated.value, ("positions",)
    said = f'You said "{stated.quote}"'
    out: dict[str, Limit] = {}
    if wish.most is not None:
        out["most_positions"] = Limit(
            value=wish.most, reason=f"{said}: at most {wish.most} positions beside cash.", sources=sources
        )
    if wish.fewest is not None:
        out["fewest_positions"] = Limit(
            value=wish.fewest, reason=f"{said}: at least {wish.fewest} positions beside cash.", sources=sources
        )
    if wish.smallest is not None:
        told = f"each position is nothing or at least {_percent(wish.smallest)}"
        out["smallest_position"] = Limit(value=wish.smallest, reason=f"{said}: {told}.", sources=sources)
    return out


def _aversion(profile: InvestorProfile) -> Limit:
    """Gamma: the band's, or more where the named loss asks for more (0.75 / L: 15 at 5 %, 3.75 at 20 %)."""
    rules = [*_band(profile, BAND_AVERSION, "caution against risk (2 bold, 12 careful)", shown="{:.3g}".format)]
    if profile.loss_limit is not None:
        gamma = 0.75 / max(profile.loss_limit.value, 0.01)
        rules.append(_Rule(gamma, f"{_said(profile.loss_limit.quote)}: the loss you can bear", ("loss_limit",)))
    return _binding(rules, floor=True)


def _exclusions(profile: InvestorProfile, universe: Universe) -> tuple[ExcludedAsset, ...]:
    out = []
    for item in profile.exclusions.value if profile.exclusions else ():
        symbols = matching(universe, item.kind, item.key)
        name = wording(item.kind, item.key)
        if not symbols:
            note = f"No {name}: nothing in {universe.name} matches, so this binds nothing here."
        else:
            note = f"No {name}: strikes {', '.join(symbols)}."
        funds = {asset.symbol for asset in universe.assets if asset.asset_class == "fund"}
        if funds & set(symbols) and item.kind == "theme":
            note += " Broad funds that hold some of it are struck with it."
        elif funds - set(symbols) and item.kind != "asset_class":
            note += " Funds are judged as a whole: what they hold inside is not seen."
        out.append(ExcludedAsset(exclusion=item, symbols=symbols, note=note))
    return tuple(out)


def _leanings(profile: InvestorProfile, universe: Universe, excluded: set[str]) -> dict[str, float]:
    """Symbol -> wish in [-1, 1]; several wishes for one asset add up and are held inside the interval."""
    total: dict[str, float] = {}
    for wish in profile.preferences.value if profile.preferences else ():
        for symbol in matching(universe, wish.kind, wish.key, inside_funds=False) if wish.weight else ():
            if symbol not in excluded:
                total[symbol] = max(-1.0, min(1.0, total.get(symbol, 0.0) + wish.weight))
    return {symbol: total[symbol] for symbol in universe.symbols if total.get(symbol)}


class _Stated:
    """Caps and floors that the client stated, sorted into the limits that they bind."""

    def __init__(self, profile: InvestorProfile, universe: Universe) -> None:
        self.cash_floors: tuple[_Rule, ...] = ()
        self.equity_caps: tuple[_Rule, ...] = ()
        self.share_caps: tuple[_Rule, ...] = ()
        self.each_caps: tuple[_Rule, ...] = ()
        self.sector_caps: tuple[_Rule, ...] = ()
        self.asset_bounds: tuple[AssetBound, ...] = ()
        self.group_bounds: tuple[GroupBound, ...] = ()
        self.notes: tuple[str, ...] = ()
        stated = profile.preferences
        if stated is None:
            return
        for wish in stated.value:
            if wish.min_weight is not None or wish.max_weight is not None:
                self._sort(wish, _said(stated.quote), universe)

    def _sort(self, wish: Preference, said: str, universe: Universe) -> None:
        floor, cap = wish.min_weight or 0.0, 1.0 if wish.max_weight is None else wish.max_weight
        is_class = wish.kind == "asset_class"
        if is_class and wish.key == "cash":
            if floor > 0:
                self.cash_floors += (_Rule(floor, f"{said}: {_percent(floor)} in cash", ("preferences",)),)
            if cap < 1:
                self.asset_bounds += (AssetBound(symbol=CASH, floor=0.0, cap=cap, reason=f"{said}."),)
            return
        if is_class and wish.key == EQUITY and cap < 1:
            self.equity_caps += (_Rule(cap, f"{said}: at most {_percent(cap)} in shares", ("preferences",)),)
        if is_class and wish.key == "share" and cap < 1:
            self.share_caps += (_Rule(cap, f"{said}: at most {_percent(cap)} in single shares", ("preferences",)),)
        if is_class and wish.key == EACH_SHARE:
            self.each_caps += (_Rule(cap, f"{said}: at most {_percent(cap)} in any one share", ("preferences",)),)
            return
        if is_class and wish.key == EACH_SECTOR:
            self.sector_caps += (_Rule(cap, f"{said}: at most {_percent(cap)} in any one sector", ("preferences",)),)
            return
        if is_class and wish.key == EQUITY and floor:
            # Shares of every kind together are no group of the universe; that cash may not crowd them out is.
            self.asset_bounds += (AssetBound(symbol=CASH, cap=1.0 - floor, reason=f"{said}."),)
        if is_class and (wish.key == EQUITY or (wish.key == "share" and not floor)):
            return
        symbols = matching(universe, wish.kind, wish.key, inside_funds=False)
        name = wording(wish.kind, wish.key)
        if not symbols:
            self.notes += (f"{said}: nothing in {universe.name} is {name}, so this binds nothing here.",)
        elif wish.kind == "symbol":
            self.asset_bounds += tuple(AssetBound(symbol=s, floor=floor, cap=cap, reason=f"{said}.") for s in symbols)
        else:
            kind, key = _bound_key(wish, symbols, universe)
            self.group_bounds += (GroupBound(kind=kind, key=key, floor=floor, cap=cap, reason=f"{said}."),)


def _bound_key(wish: Preference, symbols: Iterable[str], universe: Universe) -> tuple[str, str]:
    """Kind and key under which the universe itself knows what the client bounded."""
    assets = [universe.asset(symbol) for symbol in symbols]
    for group in universe.groups:
        same = [asset for asset in universe.assets if asset.group == group]
        if same == assets:
            return "group", group
    return wish.kind, wish.key


def _interpolate(x: float, points: Sequence[tuple[float, float]]) -> float:
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def _said(quote: str) -> str:
    return f'you said "{quote}"'


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"
