"""What the policy is rewarded for, each with its formula. All take (B, L, C) simple returns per period.

Training rewards the *difference* to the baseline's own reward on the same days: the market's noise, common to both,
cancels, and doing nothing earns exactly zero.
"""

import torch

from portfolio.profile import OBJECTIVES, Objective

PERIODS_PER_YEAR = 12.0

OBJECTIVE_TERMS: dict[Objective, tuple[float, float, float, float]] = {
    # Weights on (log return, variance, downside, turnover).
    Objective.SHORT_TERM_ALPHA: (1.0, 0.0, 0.0, 0.0),
    Objective.SHORT_TERM_GAIN: (1.0, 0.5, 0.0, 0.0),
    Objective.LONG_TERM_GAIN: (1.0, 1.0, 0.0, 0.0),
    Objective.CAPITAL_PRESERVATION: (0.5, 1.0, 1.0, 0.0),
    Objective.TAX_LOSS_HARVESTING: (1.0, 1.0, 0.0, 0.0),
    # A sale within the year is what this client does not want; until lots are simulated, turnover stands for it.
    Objective.LONG_TERM_GAINS_ONLY: (1.0, 1.0, 0.0, 0.01),
}


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


def differential_sharpe(net: torch.Tensor, rate: float = 1.0 / 24.0) -> torch.Tensor:
    """Moody and Saffell (2001): dS/d(eta) of the exponentially weighted Sharpe ratio, period by period.

    D_t = (B (r - A) - A (r^2 - B) / 2) / (B - A^2)^(3/2), then A += eta (r - A), B += eta (r^2 - B), with eta =
    `rate`. A starts at zero and B at the first two years' mean square, so that the first periods do not explode.
    The loop runs over L periods and is vectorised over paths and clients.
    """
    mean = torch.zeros_like(net[:, 0])
    square = (net[:, :24] ** 2).mean(dim=1).clamp(min=1e-6)
    out = []
    for step in range(net.shape[1]):
        value = net[:, step]
        spread = (square - mean * mean).clamp(min=1e-8)
        out.append((square * (value - mean) - 0.5 * mean * (value * value - square)) / spread**1.5)
        mean = mean + rate * (value - mean)
        square = square + rate * (value * value - square)
    return torch.stack(out, dim=1)


def utility(net: torch.Tensor, turnover: torch.Tensor, aversion: torch.Tensor, mix: torch.Tensor) -> torch.Tensor:
    """(B, L, C) the client's reward: the terms of `OBJECTIVE_TERMS` blended by their objective mix.

    `aversion` is (B, 1, C), `mix` (B, 1, C, 6), `turnover` one-way, in fractions of wealth.
    """
    table = torch.tensor([OBJECTIVE_TERMS[objective] for objective in OBJECTIVES], dtype=net.dtype)
    growth, variance, fall, trading = (mix @ table).unbind(dim=-1)
    return (
        growth * log_return(net)
        - variance * 0.5 * aversion * net * net
        - fall * downside(net, aversion)
        - trading * turnover
    )
