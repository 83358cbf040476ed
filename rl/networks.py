"""The policy's network: one encoder for every asset, personas as a set, four experts blended for the client.

What depends on the market alone (`Policy.encode`) is computed once a day, however many clients read it; what depends
on the client (`Policy.blend`) is a product of two small vectors.
"""

from dataclasses import dataclass

import torch
from torch import nn

from portfolio.records import Record
from rl.conditioning import CLIENT_FEATURES
from rl.features import ASSET_FEATURES, MARKET_FEATURES


class NetworkShape(Record):
    """Sizes of the network; kept small because the market is easy to memorise."""

    hidden: int = 32
    persona: int = 8
    experts: int = 4


@dataclass(frozen=True, eq=False)
class Day:
    """Inputs of B days x N assets x P personas.

    Attributes
    ----------
    asset : (B, N, F) ; market : (B, M) ; tradable : (B, N)
    score, confidence : (B, P, N), 0 where masked ; heard : (B, P, N) True where the view counts
    """

    asset: torch.Tensor
    market: torch.Tensor
    tradable: torch.Tensor
    score: torch.Tensor
    confidence: torch.Tensor
    heard: torch.Tensor


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the market says on B days: experts' opinions (B, N, K) and the day's summary (B, D)."""

    opinions: torch.Tensor
    summary: torch.Tensor


class Policy(nn.Module):
    """Asset tokens -> experts' opinions -> one action per asset, for any number of assets, personas and clients."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        width = len(ASSET_FEATURES) + len(MARKET_FEATURES) + shape.persona + 1
        self.persona = nn.Sequential(layer(3, shape.persona), nn.Tanh())
        self.asset = nn.Sequential(layer(width, shape.hidden), nn.Tanh())
        self.mixer = nn.Sequential(layer(2 * shape.hidden, shape.hidden), nn.Tanh())
        # The action's last layer starts at zero: an untrained policy is the baseline, to the bit.
        self.experts = nn.Linear(shape.hidden, shape.experts, bias=False)
        nn.init.zeros_(self.experts.weight)
        self.router = nn.Sequential(layer(len(CLIENT_FEATURES), 16), nn.Tanh(), layer(16, shape.experts, gain=1.0))
        summary = shape.hidden + len(MARKET_FEATURES)
        self.value = nn.Sequential(layer(summary + len(CLIENT_FEATURES), 32), nn.Tanh(), layer(32, 1, gain=1.0))
        # One exploration width for all assets, so that it too knows no ticker. exp(-0.7) = 0.5 before the tanh.
        self.log_std = nn.Parameter(torch.full((1,), -0.7))

    def encode(self, day: Day) -> Encoded:
        """The market's part, shared by all clients of the day."""
        days, assets = day.tradable.shape
        seen = day.tradable.unsqueeze(-1).to(day.asset.dtype)
        market = day.market.unsqueeze(1).expand(days, assets, day.market.shape[-1])
        token = self.asset(torch.cat([day.asset, market, self._views(day)], dim=-1)) * seen
        context = token.sum(dim=1) / seen.sum(dim=1).clamp(min=1.0)
        mixed = self.mixer(torch.cat([token, context.unsqueeze(1).expand_as(token)], dim=-1))
        opinions = self.experts(mixed) * seen
        # Only differences between assets move a sleeve that sums to one: take out what they share.
        opinions = (opinions - opinions.sum(dim=1, keepdim=True) / seen.sum(dim=1, keepdim=True).clamp(min=1.0)) * seen
        return Encoded(opinions=opinions, summary=torch.cat([context, day.market], dim=-1))

    def blend(self, encoded: Encoded, client: torch.Tensor) -> torch.Tensor:
        """(B, C, N) mean actions of C clients on each of B days; `client` is (B, C, Z) or (C, Z)."""
        route = torch.softmax(self.router(client), dim=-1)
        if route.dim() == 2:
            route = route.unsqueeze(0).expand(encoded.opinions.shape[0], *route.shape)
        return torch.einsum("bnk,bck->bcn", encoded.opinions, route)

    def worth(self, encoded: Encoded, client: torch.Tensor) -> torch.Tensor:
        """(B, C) the critic's estimate of discounted reward."""
        days, clients = client.shape[0], client.shape[1]
        summary = encoded.summary.unsqueeze(1).expand(days, clients, encoded.summary.shape[-1])
        value: torch.Tensor = self.value(torch.cat([summary, client], dim=-1))
        return value.squeeze(-1)

    def _views(self, day: Day) -> torch.Tensor:
        """(B, N, persona + 1) the personas as a set: mean over those heard, and what share of them was heard.

        A masked view enters neither numerator nor denominator; no persona has a place of its own, so that one can
        be plugged in or pulled out.
        """
        heard = day.heard.to(day.score.dtype)
        token = torch.stack([day.score, day.confidence, day.score * day.confidence], dim=-1)
        said: torch.Tensor = self.persona(token) * heard.unsqueeze(-1)
        count = heard.sum(dim=1)
        mean = said.sum(dim=1) / count.clamp(min=1.0).unsqueeze(-1)
        share = count / max(day.score.shape[1], 1)
        return torch.cat([mean, share.unsqueeze(-1)], dim=-1)


def layer(inputs: int, outputs: int, gain: float = 2.0**0.5) -> nn.Linear:
    """A linear layer with orthogonal weights and zero bias (implementation detail 2 of 37: Huang et al. 2022)."""
    made = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(made.weight, gain)
    nn.init.zeros_(made.bias)
    return made
