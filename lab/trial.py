"""The one look at the test years: every strategy's figures side by side, and the gate's verdict by a fixed rule."""

from dataclasses import replace

import numpy as np
import torch

from lab.comparison import (
    Sleeve,
    bootstrap_interval,
    figures,
    mean_figures,
    policy_weights,
    reference_client,
    sleeve_weights,
)
from portfolio import baselines
from portfolio.market import MarketPanel
from rl.card import Figures, Fold, Span, Verdict
from rl.conditioning import Clients, draw_clients
from rl.ensemble import Ensemble, advantage, phases
from rl.environment import Market

GATE_RULE = (
    "the policy is recommended only if (1) its walk-forward validation advantage is above zero, (2) at least four in "
    "five seeds are ahead of the baseline in the test years, (3) the 10th percentile of the ensemble's bootstrapped "
    "test advantage is above zero, and (4) the ensemble's ratio at the reference client is above the baseline's."
)
MONTHS = 12.0
EVALUATION_SEED = 2_016
EVALUATION_CLIENTS = 32


def evaluation_clients() -> Clients:
    """The clients, the same in every training, over whom advantages are averaged."""
    return draw_clients(EVALUATION_CLIENTS, torch.Generator().manual_seed(EVALUATION_SEED))


def trial(
    panel: MarketPanel,
    market: Market,
    ensemble: Ensemble,
    seeds: tuple[int, ...],
    days: torch.Tensor,
    span: Span,
    folds: tuple[Fold, ...],
    cost: float,
) -> tuple[tuple[Figures, ...], Verdict]:
    """Every strategy's figures on the test days, and the verdict. `seeds` names the ensemble's members."""
    clients = evaluation_clients()
    reference = reference_client()
    paths = phases(days)

    def measured(name: str, choice: Ensemble | None, where: Market, seed: int | None = None) -> Figures:
        return mean_figures(
            [
                figures(
                    name, span, panel, market.dates[index], policy_weights(choice, where, index, reference),
                    cost, seed,
                )
                for index in paths
            ]
        )  # fmt: skip

    def ruled(name: str, sleeve: Sleeve) -> Figures:
        return mean_figures(
            [
                figures(name, span, panel, market.dates[index], sleeve_weights(sleeve, panel, market, index), cost)
                for index in paths
            ]
        )

    silent = replace(market, day=replace(market.day, heard=torch.zeros_like(market.day.heard)))
    alone = [Ensemble((member,), ensemble.action_range) for member in ensemble.members]
    own, base = measured("policy (ensemble)", ensemble, market), measured("baseline: equal weight", None, market)
    table = (
        own,
        base,
        measured("policy, personas silent", ensemble, silent),
        *(ruled(name, sleeve) for name, sleeve in _rules().items()),
        *(measured("policy (one seed)", one, market, seed) for one, seed in zip(alone, seeds, strict=True)),
    )
    ahead = advantage(ensemble, market, days, clients, cost)
    low, high, chance = bootstrap_interval([path.numpy() for path in ahead], EVALUATION_SEED)
    seeds_ahead = sum(float(torch.cat(advantage(one, market, days, clients, cost)).mean()) > 0 for one in alone)
    validation = float(np.mean([fold.advantage for fold in folds]))
    test = MONTHS * float(torch.cat(ahead).mean())
    passed = validation > 0 and seeds_ahead >= 0.8 * len(alone) and low > 0 and own.ratio > base.ratio
    reason = (
        f"In {span.first} to {span.last} its utility was {test:+.2%} a year beside the baseline's (bootstrap 10th to "
        f"90th percentile {MONTHS * low:+.2%} to {MONTHS * high:+.2%}, {chance:.0%} of draws above zero), "
        f"{seeds_ahead} of {len(alone)} seeds were ahead, return over volatility was {own.ratio:.3f} against "
        f"{base.ratio:.3f}, and the walk-forward validation advantage was {validation:+.2%} a year."
    )
    return table, Verdict(
        passed=passed,
        rule=GATE_RULE,
        reason=reason,
        validation_advantage=validation,
        test_advantage=test,
        test_low=MONTHS * low,
        test_high=MONTHS * high,
        seeds_ahead=seeds_ahead,
        seeds=len(alone),
    )


def _rules() -> dict[str, Sleeve]:
    """Strategies that learn nothing, from `portfolio.baselines`."""
    return {
        "inverse volatility": lambda cov, _moves: baselines.inverse_volatility(cov),
        "risk parity": lambda cov, _moves: baselines.risk_parity(cov),
        "hierarchical risk parity": lambda cov, _moves: baselines.hierarchical_risk_parity(cov),
        "minimum variance": lambda cov, _moves: baselines.min_variance(cov),
        "mean-variance (max. Sharpe)": lambda cov, moves: baselines.max_sharpe(moves.mean(axis=0) * 252.0, cov),
    }
