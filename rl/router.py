"""The intent router: what share of the portfolio's opinion each expert gets, from objective, mandate and regime.

Its last layer reads 34 numbers: the 11 of the client, the 10 of the day's market and 13 hidden units made of both. A
client's own adapter is of rank 2 on that layer, so it has 2 x (34 + 4) = 76 parameters. Because 21 of the 34 inputs
mean the same in every seed's policy, and the experts are named, one adapter bends every member of an ensemble alike.
"""

from dataclasses import dataclass

import torch
from torch import nn

from portfolio.profile import OBJECTIVES, Objective
from rl.conditioning import CLIENT_FEATURES
from rl.features import MARKET_FEATURES

EXPERTS: tuple[str, ...] = ("momentum", "growth", "defensive", "tax_aware")
"""The four experts, in the order of the router's outputs."""

FAMILIES: dict[str, tuple[Objective, ...]] = {
    "momentum": (Objective.SHORT_TERM_ALPHA, Objective.SHORT_TERM_GAIN),
    "growth": (Objective.LONG_TERM_GAIN,),
    "defensive": (Objective.CAPITAL_PRESERVATION,),
    "tax_aware": (Objective.TAX_LOSS_HARVESTING, Objective.LONG_TERM_GAINS_ONLY),
}
"""Whose objectives each expert answers for: where the router starts, and what an expert is trained on alone."""

LAST_INPUTS = 34
RANK = 2
HIDDEN = LAST_INPUTS - len(CLIENT_FEATURES) - len(MARKET_FEATURES)
PRIOR = 2.0
"""Logit with which an objective calls its own expert before anything is learned: e^2 to 1 against each other."""


@dataclass(frozen=True, eq=False)
class RouterAdapter:
    """A client's own bend of the router's last layer: logits + up @ down @ inputs. 76 numbers.

    Attributes
    ----------
    down : (2, 34) ; up : (4, 2)
        `up` starts at zero, so that an unfitted adapter changes nothing, to the bit.
    """

    down: torch.Tensor
    up: torch.Tensor

    def __post_init__(self) -> None:
        if self.down.shape != (RANK, LAST_INPUTS) or self.up.shape != (len(EXPERTS), RANK):
            raise ValueError(
                f"an adapter is (2, 34) and (4, 2), not {tuple(self.down.shape)} and {tuple(self.up.shape)}; "
                "fit one for this version's router"
            )

    @classmethod
    def unfitted(cls, seed: int) -> "RouterAdapter":
        """`down` of small random numbers, `up` zero (Hu et al. 2021, LoRA)."""
        random = torch.Generator().manual_seed(seed)
        down = torch.randn(RANK, LAST_INPUTS, generator=random) / LAST_INPUTS**0.5
        return cls(down, torch.zeros(len(EXPERTS), RANK))

    def bend(self, inputs: torch.Tensor) -> torch.Tensor:
        """(..., 4) what is added to the logits, from the last layer's inputs (..., 34)."""
        return inputs @ self.down.to(inputs).T @ self.up.to(inputs).T


class IntentRouter(nn.Module):
    """Client and regime -> logits over `EXPERTS`."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(LAST_INPUTS - HIDDEN, HIDDEN)
        nn.init.orthogonal_(self.hidden.weight, 2.0**0.5)
        nn.init.zeros_(self.hidden.bias)
        self.last = nn.Linear(LAST_INPUTS, len(EXPERTS))
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        with torch.no_grad():
            for place, expert in enumerate(EXPERTS):
                for objective in FAMILIES[expert]:
                    column = len(CLIENT_FEATURES) - len(OBJECTIVES) + OBJECTIVES.index(objective)
                    self.last.weight[place, column] = PRIOR

    def inputs(self, client: torch.Tensor, regime: torch.Tensor) -> torch.Tensor:
        """(..., 34) what the last layer reads, of clients (..., 11) on days of market features (..., 10)."""
        read = torch.cat([client, regime], dim=-1)
        return torch.cat([read, torch.tanh(self.hidden(read))], dim=-1)

    def forward(self, client: torch.Tensor, regime: torch.Tensor, adapter: RouterAdapter | None = None) -> torch.Tensor:
        """(..., 4) logits; an adapter whose `up` is zero leaves every bit as it was."""
        inputs = self.inputs(client, regime)
        logits: torch.Tensor = self.last(inputs)
        return logits if adapter is None else logits + adapter.bend(inputs)
