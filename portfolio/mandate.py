"""The profile as numbers: the record that binds the allocator. `portfolio/suitability.py` computes it.

All limits are on the final weights, cash included, which sum to one; all weights are at least zero.
"""

from pydantic import Field

from portfolio.profile import Exclusion, Objective
from portfolio.records import Record, UnitInterval


class Limit(Record):
    """One number the portfolio must obey, and why it is that number."""

    value: float = Field(ge=0)
    reason: str
    """For the client: which of their words set it. Where nothing was said, it says so and names the cautious rule."""
    sources: tuple[str, ...] = ()
    """The profile fields that set it; empty when nothing the client said did."""


class AssetBound(Record):
    """A floor and a cap on one asset's weight."""

    symbol: str
    floor: UnitInterval = 0.0
    cap: UnitInterval = 1.0
    reason: str


class GroupBound(Record):
    """A floor and a cap on the sum over a group, an asset class or a theme; `kind` says which `key` is."""

    kind: str = Field(pattern="^(group|asset_class|theme)$")
    key: str
    floor: UnitInterval = 0.0
    cap: UnitInterval = 1.0
    reason: str


class ExcludedAsset(Record):
    """One exclusion and what it strikes from the universe. No symbols: it binds nothing, and says so."""

    exclusion: Exclusion
    symbols: tuple[str, ...]
    note: str


class Mandate(Record):
    """The client's limits, each with its reason."""

    volatility_cap: Limit
    """Yearly volatility of the portfolio, cash included."""
    cvar_cap: Limit
    """Expected loss over a year in the worst 5 % of cases, as a positive fraction. The constraint holds on
    21-day scenarios: CVaR95 of the 21-day loss <= cvar_cap / sqrt(12)."""
    cash_floor: Limit
    risk_asset_cap: Limit
    """Sum of everything but cash (and bond funds, where the universe has them)."""
    share_cap: Limit
    """Any one share (or coin, or other single undiversified asset)."""
    fund_cap: Limit
    """Any one diversified fund."""
    single_shares_cap: Limit
    """Sum over all single shares: the complexity that the client's experience carries."""
    complex_cap: Limit
    """Sum over commodities and crypto."""
    group_cap: Limit
    """Any one group of single shares (sector)."""
    turnover_cap: Limit
    """One-way turnover from what is held now: half the sum of absolute changes, cash included. 1 never binds."""
    most_positions: Limit | None = None
    """Positions beside cash, at most: a whole number. None never binds."""
    fewest_positions: Limit | None = None
    """Positions beside cash, at least: a whole number."""
    smallest_position: Limit | None = None
    """Each position beside cash weighs nothing or at least this."""
    asset_bounds: tuple[AssetBound, ...] = ()
    group_bounds: tuple[GroupBound, ...] = ()
    exclusions: tuple[ExcludedAsset, ...] = ()
    risk_aversion: Limit
    """Gamma of mean-variance utility on yearly returns."""
    objective_mix: dict[Objective, float]
    """Sums to one."""
    leanings: dict[str, float] = Field(default_factory=dict)
    """Symbol -> wish in [-1, 1] from soft preferences: it tilts the baseline a bounded way; limits own the rest."""
    notes: tuple[str, ...] = ()
    """What the client stated that binds nothing in this universe, in plain words."""

    @property
    def excluded_symbols(self) -> frozenset[str]:
        return frozenset(symbol for item in self.exclusions for symbol in item.symbols)
