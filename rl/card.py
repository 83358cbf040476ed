"""The model card: what a shipped policy was trained on, how it was chosen, and how it did where it had never looked."""

from datetime import date

from pydantic import Field

from portfolio.records import Record
from rl.ppo import PPOConfig


class Span(Record):
    """First and last decision day of a stretch of history; the last period ends by `last`."""

    name: str
    first: date
    last: date
    decisions: int


class Figures(Record):
    """One strategy over one span, monthly decisions, net of costs, at the reference client's volatility target."""

    strategy: str
    span: str
    seed: int | None = None
    """None: not one seed's policy (the ensemble, or a strategy that learns nothing)."""
    yearly_return: float
    volatility: float
    ratio: float
    """Yearly return over volatility: over the bill rate where it is known (then it is the Sharpe ratio)."""
    max_drawdown: float
    turnover: float
    """One-way, per year."""


class Fold(Record):
    """One step of the walk-forward validation: trained on all before `first`, measured to `last`."""

    first: date
    last: date
    advantage: float
    """Of the chosen configuration: utility ahead of the baseline, per year (ensemble of the fold's seeds)."""


class Verdict(Record):
    """Whether the policy may be recommended, by a rule that was fixed before the test years were looked at."""

    passed: bool
    rule: str
    reason: str
    """With the figures."""
    validation_advantage: float
    """Utility ahead of the baseline, per year, over the validation folds (ensemble)."""
    test_advantage: float
    """The same in the test years."""
    test_low: float
    test_high: float
    """Block-bootstrap interval of `test_advantage` from its 10th to its 90th percentile."""
    seeds_ahead: int
    seeds: int


def why_shut(verdict: Verdict) -> str:
    """Which parts of the gate's rule the policy failed, in words; the ratio's part is told by the reason's figures."""
    failed = []
    if verdict.validation_advantage <= 0:
        failed.append("its walk-forward advantage is not above zero")
    if verdict.seeds_ahead < 0.8 * verdict.seeds:
        failed.append(f"only {verdict.seeds_ahead} of {verdict.seeds} seeds are ahead")
    if verdict.test_low <= 0:
        failed.append(f"its advantage may be below zero (10th percentile {verdict.test_low:+.2%} a year)")
    return " and ".join(failed) or "its ratio is not above the baseline's"


class ModelCard(Record):
    """All of it. `weights_sha256` ties the card to its weights."""

    name: str
    made_by: str
    """The command, for people."""
    config: PPOConfig
    updates: int
    """Updates done: the folds' choice, at most `config.updates`."""
    candidates: tuple[str, ...]
    """Each choice that the validation folds decided between, with its score there."""
    config_key: str
    data_source: str
    data_sha256: str
    cash: str
    """How cash was treated, in words."""
    ratio_name: str
    """"Sharpe ratio", or "return over volatility" where no bill rate is known."""
    personas: tuple[str, ...]
    asset_features: tuple[str, ...]
    market_features: tuple[str, ...]
    seeds: tuple[int, ...]
    spans: tuple[Span, ...]
    folds: tuple[Fold, ...]
    figures: tuple[Figures, ...]
    gate: Verdict
    limits: tuple[str, ...]
    """What the figures do not show: survivorship, span, costs."""
    mixture: tuple[str, ...] = ()
    """What was grafted and why, and how the experts are told apart and used (`rl.grafting`, `rl.diagnostics`)."""
    versions: dict[str, str]
    weights_sha256: str = Field(min_length=64, max_length=64)


def page(card: ModelCard) -> str:
    """The card as Markdown, for people."""
    gate = card.gate
    lines = [
        f"# Model card: {card.name}",
        "",
        f"Made by `{card.made_by}`. Every figure here was written by that command; none was typed.",
        "",
        f"**Gate: {'passed' if gate.passed else 'shut'}.** {gate.reason}",
        "",
        f"The rule, fixed before the test years were read: {gate.rule}",
        "",
        "## Out of sample",
        "",
        f"Monthly decisions, net of costs, risk-targeted with one covariance. Ratio: {card.ratio_name}. {card.cash}",
        "",
        "| strategy | span | seed | return | volatility | ratio | max. drawdown | turnover a year |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {f.strategy} | {f.span} | {'' if f.seed is None else f.seed} | {f.yearly_return:.2%} | {f.volatility:.2%} "
        f"| {f.ratio:.3f} | {f.max_drawdown:.1%} | {f.turnover:.2f} |"
        for f in card.figures
    ]
    lines += ["", "## How it was chosen", "", "Walk-forward: each fold trained on everything before its first day.", ""]
    lines += ["| fold | utility ahead of the baseline, per year |", "| --- | --- |"]
    lines += [f"| {fold.first} to {fold.last} | {fold.advantage:+.3%} |" for fold in card.folds]
    lines += ["", "Candidates (mean over the folds, per year):", ""]
    lines += [f"- {candidate}" for candidate in card.candidates]
    if card.mixture:
        lines += ["", "## Its experts", "", *(f"- {line}" for line in card.mixture)]
    lines += ["", "## What it was trained on", "", f"- data: {card.data_source} (SHA-256 {card.data_sha256})"]
    lines += [f"- {span.name}: {span.first} to {span.last}, {span.decisions} decision days" for span in card.spans]
    if card.config.shape.branches:
        lines += [f"- branches: {', '.join(f'{name} ({width})' for name, width in card.config.shape.branches)}"]
    lines += [f"- personas: {', '.join(card.personas)}", f"- seeds: {', '.join(map(str, card.seeds))}"]
    lines += [f"- {name} {version}" for name, version in sorted(card.versions.items())]
    lines += [f"- {card.updates} updates; configuration {card.config_key}: `{card.config.model_dump_json()}`"]
    lines += [f"- weights SHA-256 {card.weights_sha256}", "", "## What the figures do not show", ""]
    lines += [f"- {limit}" for limit in card.limits]
    return "\n".join(lines) + "\n"
