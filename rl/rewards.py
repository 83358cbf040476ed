"""What the policy is rewarded for, each with its formula. All take (B, L, C) simple returns per period.

Training rewards the *difference* to the baseline's own reward on the same days: the market's noise, common to both,
cancels, and doing nothing earns exactly zero.

The six objectives, with r the net return of a period (after tax where taxes are simulated), gamma the client's risk
aversion and T the one-way turnover:

| objective | reward of a period |
| --- | --- |
| short-term alpha | log(1 + r); its difference to the baseline's is the active return |
| short-term gain | log(1 + r) - (1/2) (gamma/2) r^2 |
| long-term gain | log(1 + r) - (gamma/2) r^2 |
| capital preservation | (1/2) log(1 + r) - (gamma/2) r^2 - (gamma/2) min(r, 0)^2 |
| tax-loss harvesting | as long-term gain: harvested losses raise r itself where taxes are simulated |
| long-term gains only | log(1 + r) - (gamma/2) r^2 - 0.01 T |
"""

from typing import Literal

import torch

from portfolio.profile import OBJECTIVES, Objective

PERIODS_PER_YEAR = 12.0

RewardName = Literal["objectives", "log_return", "differential_sharpe", "drawdown_penalised", "mean_variance"]
"""What training maximises: the client's own objectives, or one formula for everybody."""

DRAWDOWN_PENALTY = 0.5
"""Log return given up for one percent of wealth deeper in drawdown is half a percent."""

OBJECTIVE_TERMS: dict[Objective, tuple[float, float, float, float]] = {
    # Weights on (log return, variance, downside, turnover).
    Objective.SHORT_TERM_ALPHA: (1.0, 0.0, 0.0, 0.0),
    Objective.SHORT_TERM_GAIN: (1.0, 0.5, 0.0, 0.0),
    Objective.LONG_TERM_GAIN: (1.0, 1.0, 0.0, 0.0),
    Objective.CAPITAL_PRESERVATION: (0.5, 1.0, 1.0, 0.0),
    Objective.TAX_LOSS_HARVESTING: (1.0, 1.0, 0.0, 0.0),
    # A sale within the year is what this client does not want; turnover stands for it where no lots are simulated.
    Objective.LONG_TERM_GAINS_ONLY: (1.0, 1.0, 0.0, 0.01),
}


def reward(
    name: RewardName, net: torch.Tensor, turnover: torch.Tensor, aversion: torch.Tensor, mix: torch.Tensor
) -> torch.Tensor:
    """(B, L, C) rewards of the chosen kind; shapes as in `utility`."""
    if name == "log_return":
        return log_return(net)
    if name == "differential_sharpe":
        return differential_sharpe(net)
    if name == "drawdown_penalised":
        return drawdown_penalised(net)
    if name == "mean_variance":
        return mean_variance(net, aversion)
    return utility(net, turnover, aversion, mix)


def log_return(net: torch.Tensor) -> torch.Tensor:
    """log(1 + r): growth of wealth (Kelly 1956). A loss of everything is floored at 99.9 %."""
    return torch.log1p(net.clamp(min=-0.999))


def mean_variance(net: torch.Tensor, aversion: torch.Tensor) -> torch.Tensor:
    """r - (gamma / 2) r^2: per-period mean-variance utility (Markowitz 1952; Ritter 2017 for its use as a reward)."""
    return net - 0.5 * aversion * net * net


def downside(net: torch.Tensor, aversion: torch.Tensor) -> torch.Tensor:
    """(gamma / 2) min(r, 0)^2: the second lower partial moment about zero (Bawa 1975), a cost."""
    fall = net.clamp(max=0.0)
    return 0.5 * aversion * fall * fall


def drawdown_penalised(net: torch.Tensor, penalty: float = DRAWDOWN_PENALTY) -> torch.Tensor:
    """log(1 + r_t) - lambda max(0, D_t - D_(t-1)), with D_t = 1 - W_t / max_(s <= t) W_s on the path's own wealth.

    Only deepening is charged, and a path starts at its peak: the sum of charges is all the way down, however often
    (after the drawdown-penalised rewards of Almahdi and Yang 2017).
    """
    wealth = torch.cumprod(1.0 + net.clamp(min=-0.999), dim=1)
    peak = torch.cummax(wealth, dim=1).values.clamp(min=1.0)
    depth = 1.0 - wealth / peak
    before = torch.cat([torch.zeros_like(depth[:, :1]), depth[:, :-1]], dim=1)
    return log_return(net) - penalty * (depth - before).clamp(min=0.0)


def differential_sharpe(net: torch.Tensor, rate: float = 1.0 / 24.0) -> torch.Tensor:
    """Moody and Saffell (2001): eta D_t, the first-order change of the exponentially weighted Sharpe ratio.

    D_t = (B (r - A) - A (r^2 - B) / 2) / (B - A^2)^(3/2), then A += eta (r - A), B += eta (r^2 - B), with eta =
    `rate`, so that the rewards of a path add up to about its ratio (per period) and are of a return's size. A starts
    at zero and B at the first two years' mean square, so that the first periods do not explode.
    The loop runs over L periods and is vectorised over paths and clients.
    """
    mean = torch.zeros_like(net[:, 0])
    square = (net[:, :24] ** 2).mean(dim=1).clamp(min=1e-6)
    out = []
    for step in range(net.shape[1]):
        value = net[:, step]
        spread = (square - mean * mean).clamp(min=1e-8)
        out.append(rate * (square * (value - mean) - 0.5 * mean * (value * value - square)) / spread**1.5)
        mean = mean + rate * (value - mean)
        square = square + rate * (value * value - square)
    return torch.stack(out, dim=1)


def utility(net: torch.Tensor, turnover: torch.Tensor, aversion: torch.Tensor, mix: torch.Tensor) -> torch.Tensor:
    """(B, L, C) the client's reward: the terms of `OBJECTIVE_TERMS` blended by their objective mix.

    `aversion` is (B, 1, C), `mix` (B, 1, C, 6), `turnover` one-way, in fractions of wealth.
    """
    table = torch.tensor([OBJECTIVE_TERMS[objective] for objective in OBJECTIVES], dtype=net.dtype, device=net.device)
    growth, variance, fall, trading = (mix @ table).unbind(dim=-1)
    return (
        growth * log_return(net)
        - variance * 0.5 * aversion * net * net
        - fall * downside(net, aversion)
        - trading * turnover
    )
