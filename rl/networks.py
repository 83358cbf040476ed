"""The policy's network: one encoder for every asset, personas as a set, four experts blended for the client.

What depends on the market alone (`Policy.encode`) is computed once a day, however many clients read it; what depends
on the client (`Policy.blend`) is a product of two small vectors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn import functional

from portfolio.records import Record
from rl.conditioning import CLIENT_FEATURES
from rl.features import ASSET_FEATURES, MARKET_FEATURES
from rl.router import EXPERTS, IntentRouter, RouterAdapter

LEAN_HIDDEN = 8
GATE_START = -3.0
"""A branch's gate before training: sigmoid(-3) = 0.05, nearly closed."""


class NetworkShape(Record):
    """Sizes of the network; kept small because the market is easy to memorise. Parts beyond the first three are off
    unless named."""

    hidden: int = 32
    persona: int = 8
    experts: int = Field(default=4, ge=1)
    expert_hidden: int = Field(default=0, ge=0)
    """Units of each expert's own layer; 0: an expert is one linear readout of what all share."""
    intent: bool = False
    """The router of `rl.router`: four named experts, the market's regime among its inputs, room for an adapter."""
    branches: tuple[tuple[str, int], ...] = ()
    """Name and width of each branch (`rl.branches`) that the policy reads."""
    position: int = Field(default=0, ge=0)
    """Figures of a portfolio's own tax lots (`rl.after_tax.POSITION`) that the policy reads; 0: it sees none."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.intent and self.experts != len(EXPERTS):
            raise ValueError(f"the intent router blends {len(EXPERTS)} named experts, not {self.experts}")
        names = [name for name, _ in self.branches]
        if len(set(names)) < len(names):
            raise ValueError(f"two branches of one name: {', '.join(names)}")
        return self


@dataclass(frozen=True, eq=False)
class BranchDay:
    """One branch on B days: values (B, N, W), 0 where unknown, and known (B, N)."""

    name: str
    values: torch.Tensor
    known: torch.Tensor


@dataclass(frozen=True, eq=False)
class Day:
    """Inputs of B days x N assets x P personas.

    Attributes
    ----------
    asset : (B, N, F) ; market : (B, M) ; tradable : (B, N)
    score, confidence : (B, P, N), 0 where masked ; heard : (B, P, N) True where the view counts
    branches : further inputs, one `BranchDay` each; the policy looks its own up by name
    """

    asset: torch.Tensor
    market: torch.Tensor
    tradable: torch.Tensor
    score: torch.Tensor
    confidence: torch.Tensor
    heard: torch.Tensor
    branches: tuple[BranchDay, ...] = ()

    def each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> "Day":
        """The same change made to every tensor: a gather of days, a move to another device."""
        return Day(
            asset=change(self.asset),
            market=change(self.market),
            tradable=change(self.tradable),
            score=change(self.score),
            confidence=change(self.confidence),
            heard=change(self.heard),
            branches=tuple(BranchDay(b.name, change(b.values), change(b.known)) for b in self.branches),
        )


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the market says on B days: experts' opinions (B, N, K), the day's summary (B, D) and regime (B, M)."""

    opinions: torch.Tensor
    summary: torch.Tensor
    regime: torch.Tensor

    def day(self, which: slice) -> "Encoded":
        """Some of the days."""
        return Encoded(self.opinions[which], self.summary[which], self.regime[which])


class Policy(nn.Module):
    """Asset tokens -> experts' opinions -> one action per asset, for any number of assets, personas and clients."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        width = len(ASSET_FEATURES) + len(MARKET_FEATURES) + shape.persona + 1
        self.persona = nn.Sequential(layer(3, shape.persona), nn.Tanh())
        self.asset = nn.Sequential(layer(width, shape.hidden), nn.Tanh())
        self.mixer = nn.Sequential(layer(2 * shape.hidden, shape.hidden), nn.Tanh())
        self.minds = layer(shape.hidden, shape.experts * shape.expert_hidden) if shape.expert_hidden else None
        # The action's last layer starts at zero: an untrained policy is the baseline, to the bit.
        self.experts = nn.Linear(shape.expert_hidden or shape.hidden, shape.experts, bias=False)
        nn.init.zeros_(self.experts.weight)
        self.router = (
            IntentRouter()
            if shape.intent
            else nn.Sequential(layer(len(CLIENT_FEATURES), 16), nn.Tanh(), layer(16, shape.experts, gain=1.0))
        )
        summary = shape.hidden + len(MARKET_FEATURES)
        self.value = nn.Sequential(layer(summary + len(CLIENT_FEATURES), 32), nn.Tanh(), layer(32, 1, gain=1.0))
        # One exploration width for all assets, so that it too knows no ticker. exp(-0.7) = 0.5 before the tanh.
        self.log_std = nn.Parameter(torch.full((1,), -0.7))
        self.shape = shape
        self.lots = nn.ModuleDict()
        if shape.position:
            self.lots["holding"] = layer(shape.position, LEAN_HIDDEN)
            self.lots["client"] = nn.Linear(len(CLIENT_FEATURES), LEAN_HIDDEN, bias=False)
            self.lots["lean"] = nn.Linear(LEAN_HIDDEN, 1, bias=False)
            nn.init.zeros_(self.lots["lean"].get_parameter("weight"))
        self.branches = nn.ModuleDict({name: layer(width, shape.hidden) for name, width in shape.branches})
        self.gates = nn.ParameterDict({name: nn.Parameter(torch.full((1,), GATE_START)) for name, _ in shape.branches})

    def encode(self, day: Day) -> Encoded:
        """The market's part, shared by all clients of the day."""
        seen = day.tradable.unsqueeze(-1).to(day.asset.dtype)
        # What is the same for all assets of a day goes through its columns of the first layers once a day.
        own, broad = len(ASSET_FEATURES), len(ASSET_FEATURES) + len(MARKET_FEATURES)
        first, second = first_of(self.asset), first_of(self.mixer)
        columns = torch.cat([first.weight[:, :own], first.weight[:, broad:]], dim=1)
        inputs = functional.linear(torch.cat([day.asset, self._views(day)], dim=-1), columns)
        shared = functional.linear(day.market, first.weight[:, own:broad], first.bias)
        token = torch.tanh(inputs + shared.unsqueeze(1) + self._branches(day)) * seen
        context = token.sum(dim=1) / seen.sum(dim=1).clamp(min=1.0)
        half = self.shape.hidden
        among = functional.linear(context, second.weight[:, half:], second.bias)
        mixed = torch.tanh(functional.linear(token, second.weight[:, :half]) + among.unsqueeze(1))
        opinions = self._opinions(mixed) * seen
        # Only differences between assets move a sleeve that sums to one: take out what they share.
        opinions = (opinions - opinions.sum(dim=1, keepdim=True) / seen.sum(dim=1, keepdim=True).clamp(min=1.0)) * seen
        return Encoded(opinions=opinions, summary=torch.cat([context, day.market], dim=-1), regime=day.market)

    def route(self, client: torch.Tensor, regime: torch.Tensor, adapter: RouterAdapter | None = None) -> torch.Tensor:
        """(B, C, K) shares of the experts for C clients on B days; rows sum to one.

        `client` is (B, C, Z), or (C, Z) where the same clients come every day; `regime` is the days' market features
        (B, M). Raises ValueError for an adapter where the policy has no router that it fits.
        """
        days = regime.shape[0]
        if isinstance(self.router, IntentRouter):
            wide = client.expand(days, *client.shape[-2:])
            logits = self.router(wide, regime.unsqueeze(1).expand(days, wide.shape[1], regime.shape[1]), adapter)
        elif adapter is not None:
            raise ValueError("this policy's router takes no adapter; train one with `intent` in its network's shape")
        else:
            logits = self.router(client)
            logits = logits.expand(days, *logits.shape[-2:])
        return torch.softmax(logits, dim=-1)

    def blend(
        self,
        encoded: Encoded,
        client: torch.Tensor,
        adapter: RouterAdapter | None = None,
        position: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """(B, C, N) mean actions of C clients on each of B days; `client` is (B, C, Z) or (C, Z).

        `position` (B, C, N, S) is what the clients' tax lots look like; without it, or in a policy that reads none,
        taxes have no part in the action.
        """
        action = torch.bmm(self.route(client, encoded.regime, adapter), encoded.opinions.transpose(1, 2))
        return action if position is None else action + self.lean(position, client)

    def openness(self) -> dict[str, float]:
        """How far each branch's gate stands open, in (0, 1)."""
        return {name: float(torch.sigmoid(gate.detach())) for name, gate in self.gates.items()}

    def worth(self, encoded: Encoded, client: torch.Tensor) -> torch.Tensor:
        """(B, C) the critic's estimate of discounted reward."""
        first = first_of(self.value)
        split = encoded.summary.shape[-1]
        daily = functional.linear(encoded.summary, first.weight[:, :split], first.bias)
        read = torch.tanh(functional.linear(client, first.weight[:, split:]) + daily.unsqueeze(1))
        value: torch.Tensor = self.value[2](read)
        return value.squeeze(-1)

    def lean(self, position: torch.Tensor, client: torch.Tensor) -> torch.Tensor:
        """(B, C, N) what portfolios' own lots (B, C, N, S) add to the action; zero in a policy that reads none."""
        if not self.lots:
            return torch.zeros(position.shape[:-1], dtype=position.dtype, device=position.device)
        read = self.lots["holding"](position) + self.lots["client"](client).unsqueeze(-2)
        lean: torch.Tensor = self.lots["lean"](torch.tanh(read))
        return lean.squeeze(-1)

    def _opinions(self, mixed: torch.Tensor) -> torch.Tensor:
        """(B, N, K) each expert's readout of the mixed tokens (B, N, H)."""
        if self.minds is None:
            plain: torch.Tensor = self.experts(mixed)
            return plain
        own = torch.tanh(self.minds(mixed)).view(*mixed.shape[:-1], self.shape.experts, self.shape.expert_hidden)
        return torch.einsum("bnkh,kh->bnk", own, self.experts.weight)

    def _branches(self, day: Day) -> torch.Tensor | float:
        """(B, N, H) what the branches add to a token: nothing from a branch that is not there, nor where it is
        unknown."""
        total: torch.Tensor | float = 0.0
        there = {branch.name: branch for branch in day.branches}
        for name, width in self.shape.branches:
            branch = there.get(name)
            if branch is None:
                continue
            if branch.values.shape[-1] != width:
                raise ValueError(f"branch {name} has {branch.values.shape[-1]} figures; the policy reads {width} of it")
            said = self.branches[name](branch.values) * branch.known.unsqueeze(-1)
            total = total + torch.sigmoid(self.gates[name]) * said
        return total

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


def first_of(part: nn.Module) -> nn.Linear:
    """The first layer of a sequence that begins with a linear one."""
    assert isinstance(part, nn.Sequential) and isinstance(part[0], nn.Linear)
    return part[0]


def layer(inputs: int, outputs: int, gain: float = 2.0**0.5) -> nn.Linear:
    """A linear layer with orthogonal weights and zero bias (implementation detail 2 of 37: Huang et al. 2022)."""
    made = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(made.weight, gain)
    nn.init.zeros_(made.bias)
    return made
