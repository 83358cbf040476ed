"""What the nodes work with: data, store, model, personas, allocator. Opened when first needed, never kept in state."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from graph.turns import DataInfo, Debate, Method, UsePolicy
from portfolio.market import Floats
from portfolio.universe import Universe
from tools.market.bills import rate_known_to
from tools.market.records import MarketData
from tools.market.source import Untradable, check_as_of, market_at, open_market, open_universe, universe_at
from tools.settings import Settings

if TYPE_CHECKING:
    from agents.personas import Persona
    from graph.scoreboard import Held
    from portfolio.calibration import Calibration
    from portfolio.constraints import ConstraintSet
    from portfolio.mandate import Mandate
    from portfolio.scoreboard import Outcome
    from rl.allocator import Allocator
    from tools.llm import LanguageModel
    from tools.llm.models import LanguageModels
    from tools.llm.uses import Asked
    from tools.settings import Role
    from tools.store import DocumentStore

SCENARIO_DAYS = 2520
"""Trading days that loss scenarios are read from: ten years, so that a crash is among them where there was one."""


LASTING = ("_whole", "source_range", "personas", "allocator", "store", "models")
"""What may be opened once for many runs with the same settings."""
OF_THE_DAY = (
    "as_of", "market", "universe", "eligible", "untradable", "covariance", "scenarios", "_judged", "debates", "voices"
)  # fmt: skip
"""What depends on the data up to a day and on the settings, and neither on the client nor on the way to weights."""


@dataclass
class Timing:
    """How long one step took; kept beside the trace, never inside it."""

    node: str
    seconds: float


@dataclass
class Context:
    """The runtime context of the graph (`Runtime[Context]`).

    Attributes
    ----------
    settings, today : as given to the `Advisor`
    as_of_given : the date asked for; None is the last day of the data
    persona_names : whom to hear; None is everyone
    use_policy : whether the trained policy may speak
    debate : whether personas hear each other in a second round; "auto" asks the scoreboard whether that helps
    method : the way from views to weights
    minimum_score : from 1 to 10; what scores less, or is not scored, is not held. Only for methods with four scores
    asked_on : the clock's day, for the record of models; None where `today` is not the clock's, and then a model may
        know what came after
    before_node : called with a node's name when it begins; tests stop the process here
    market_given : prices that are open already; None opens those that the settings name
    remember : whether a run leaves its trace and its models' views behind for later runs
    """

    settings: Settings
    today: date
    as_of_given: date | None = None
    persona_names: Sequence[str] | None = None
    use_policy: UsePolicy = "gated"
    debate: Debate = "auto"
    minimum_score: float | None = None
    asked_on: date | None = None
    method: Method = "committee"
    before_node: Callable[[str], None] | None = None
    market_given: MarketData | None = None
    remember: bool = True
    timings: list[Timing] = field(default_factory=list)
    journal: "list[Asked]" = field(default_factory=list)
    """How each question to a model was answered this time; beside the trace, like the timings."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def beside(
        self,
        *,
        method: Method | None = None,
        use_policy: UsePolicy | None = None,
        day: date | None = None,
    ) -> "Context":
        """The same committee for another way to weights, or believing that it is another `day`.

        What was computed already and cannot differ is taken over; nothing that depends on the client is among it.
        """
        other = replace(
            self,
            method=method or self.method,
            use_policy=use_policy or self.use_policy,
            today=day or self.today,
            as_of_given=day or self.as_of_given,
            timings=[],
            journal=[],
            _lock=threading.RLock(),
        )
        taken = LASTING if day is not None and day != self.as_of_given else (*LASTING, *OF_THE_DAY)
        other.__dict__.update({name: self.__dict__[name] for name in taken if name in self.__dict__})
        return other

    @cached_property
    def _whole(self) -> MarketData:
        with self._lock:
            return open_market(self.settings) if self.market_given is None else self.market_given

    @cached_property
    def as_of(self) -> date:
        """The date that the run believes it is. Raises DataError when the data do not reach it."""
        return check_as_of(self._whole, self.as_of_given)

    @cached_property
    def source_range(self) -> tuple[date, date]:
        """First and last day of the source, whatever the run may read of it."""
        return self._whole.panel.first_date, self._whole.panel.last_date

    @cached_property
    def market(self) -> MarketData:
        """Prices and universe up to `as_of`; later rows are gone, not hidden."""
        with self._lock:
            return market_at(self._whole, self.as_of)

    @cached_property
    def universe(self) -> Universe:
        """The assets, without reading prices where the source allows it."""
        if self.as_of_given is None and self.settings.prices is None and self.market_given is None:
            return open_universe(self.settings)
        return universe_at(self._whole, self.as_of)

    @cached_property
    def eligible(self) -> "np.ndarray":
        """(N,) assets that may be held on the date: traded of late, with enough history."""
        from rl.baseline import eligible_assets

        return eligible_assets(self.market.panel)

    @cached_property
    def untradable(self) -> tuple[Untradable, ...]:
        """What may not be held on the date, and why."""
        from tools.market.source import tradable_at

        named = {item.symbol: item for item in tradable_at(self.market.panel)[1]}
        out = []
        for symbol, may in zip(self.market.panel.symbols, self.eligible, strict=True):
            if not may:
                out.append(named.get(symbol) or Untradable(symbol=symbol, cause="too few recent prices"))
        return tuple(out)

    @cached_property
    def covariance(self) -> Floats:
        """(N, N) yearly, as the allocator sees it."""
        from rl.baseline import risk_of

        return risk_of(self.market.panel, self.eligible)

    @cached_property
    def scenarios(self) -> Floats:
        """(S, N) 21-day returns of the last `SCENARIO_DAYS`."""
        from portfolio.risk import loss_scenarios

        returns = self.market.panel.returns()[1:][-SCENARIO_DAYS:]
        if len(returns) < 22 or not self.eligible.any():
            return np.zeros((0, returns.shape[1]))
        part = loss_scenarios(returns[:, self.eligible])
        out = np.full((len(part), returns.shape[1]), np.nan)
        out[:, self.eligible] = part
        return out

    @cached_property
    def models(self) -> "LanguageModels | None":
        """The language models that the settings name, or None. Raises ModelUnavailable when they name half of one."""
        named = self.settings.model_name, self.settings.model_url, *self.settings.model_roles
        if not any(named):
            return None
        from tools.llm.models import LanguageModels

        with self._lock:
            return LanguageModels.from_settings(self.settings, self.asked_on or self.today)

    def model(self, role: "Role") -> "LanguageModel | None":
        """The role's model with a record of its own of what is asked through it. Raises ModelUnavailable."""
        return None if self.models is None else self.models.of(role).listening()

    @cached_property
    def store(self) -> "DocumentStore":
        """The document store. Raises StoreError when it cannot be opened."""
        from tools.store import DocumentStore

        with self._lock:
            return DocumentStore(self.settings.home / "store")

    @cached_property
    def personas(self) -> "tuple[Persona, ...]":
        """Whom the committee hears, in their order."""
        from agents.personas import load_personas

        return load_personas(self.persona_names, self.settings.home / "personas")

    @cached_property
    def voices(self) -> "Floats | None":
        """(P,) shares of the personas' voices in the ensemble by their rules' record at `as_of`; None: all alike."""
        if self.settings.ensemble_voices == "equal" or not self.personas:
            return None
        from agents.personas import score_history
        from portfolio.record_weights import voices_by_record

        return voices_by_record(self.market.panel, score_history(self.personas, self.market.panel))

    @property
    def checkpoint(self) -> Path:
        """The policy's folder: the one of the settings, or a shipped one, with an intent router for an adapter."""
        from rl.folders import shipped

        return self.settings.checkpoint or shipped(personal=self.settings.adapter is not None)

    @cached_property
    def allocator(self) -> "Allocator":
        """The trained policy. Raises AllocatorUnavailable."""
        from rl.allocator import Allocator

        with self._lock:
            return Allocator.load(self.checkpoint, cache=self.settings.home / "chronos")

    @cached_property
    def _judged(self) -> "tuple[tuple[Outcome, ...], str | None]":
        from graph.scoreboard import judged

        with self._lock:
            return judged(self)

    @property
    def outcomes(self) -> "tuple[Outcome, ...]":
        """What became of recorded views, as known at `as_of`."""
        return self._judged[0]

    @property
    def scoreboard_trouble(self) -> str | None:
        """Why the record of past views could not be read."""
        return self._judged[1]

    def calibration(self, persona: "Persona", model: "LanguageModel | None") -> "Calibration | None":
        """What the model has earned as this persona by `as_of`; None without a model."""
        from graph.scoreboard import calibration_of

        return calibration_of(self, persona, model)

    @cached_property
    def debates(self) -> "Held":
        """Whether a second round is held, and why."""
        from graph.scoreboard import debate_of

        return debate_of(self)

    def data_info(self, today: date) -> DataInfo:
        """What is read, and up to when. Raises DataError when the data do not reach `as_of`."""
        panel = self.market.panel
        first, last = self.source_range
        return DataInfo(
            source=panel.source,
            universe=self.market.universe.name,
            symbols=panel.symbols,
            first_date=first,
            last_date=last,
            as_of=self.as_of,
            price_date=panel.last_date,
            today=today,
            cash_rate_source=panel.cash_rate_source,
            cash_rate_known_to=rate_known_to(panel),
            notes=tuple(f"{item.symbol} may not be held: {item.cause}." for item in self.untradable),
        )

    def constraints(self, mandate: "Mandate", current: dict[str, float] | None) -> "ConstraintSet":
        """A mandate's limits on this date's universe, from these holdings."""
        from portfolio.constraints import compile_constraints

        return compile_constraints(
            mandate,
            self.market.universe,
            covariance=self.covariance,
            scenarios=self.scenarios,
            current=current,
            tradable=self.eligible,
        )
