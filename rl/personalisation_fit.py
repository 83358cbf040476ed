"""Fitting a client's adapter: gradient on 76 numbers, early stopping on later months, judged on later ones still."""

import math
from dataclasses import dataclass

import torch

from portfolio.records import Record
from rl.conditioning import Clients
from rl.ensemble import Ensemble
from rl.personalisation import (
    FEWEST_DAYS,
    ObjectivePosterior,
    TooLittleHistory,
    in_time_order,
    with_objectives,
)
from rl.personalisation_observed import Observed, active_of, in_double
from rl.router import IntentRouter, RouterAdapter


class FitConfig(Record):
    """How the adapter is fitted."""

    seed: int = 0
    steps: int = 300
    learning_rate: float = 0.03
    weight_decay: float = 1e-3
    """Of the sum of squares of `up`, in units of log-likelihood a figure: an adapter that says little stays small."""
    patience: int = 40
    """Steps without a better likelihood of the stopping months."""
    shares: tuple[float, float] = (0.6, 0.2)
    """Of the decision days, in order of time: to learn from, to stop by; the rest judges."""


class Likelihood(Record):
    """Mean log-likelihood of one figure (an asset's active share on one day), in nats."""

    before: float
    after: float

    @property
    def gain(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, eq=False)
class AdapterFit:
    """A fitted adapter with its evidence; `steps` is 0 where no step helped in the stopping months."""

    adapter: RouterAdapter
    steps: int
    learned: Likelihood
    stopped: Likelihood
    held_out: Likelihood
    held_out_days: int
    noise: float
    """Standard deviation of an active share about what the policy holds, before fitting."""

    @property
    def earned(self) -> bool:
        """Whether months that took no part in the fitting are likelier with the adapter than without."""
        return self.steps > 0 and self.held_out.gain > 0


@dataclass(frozen=True, eq=False)
class _Prepared:
    """All that does not change while the adapter does: opinions, the last layer's inputs and its own logits."""

    seen: Observed
    opinions: tuple[torch.Tensor, ...]
    inputs: tuple[torch.Tensor, ...]
    logits: tuple[torch.Tensor, ...]
    action_range: float

    def active(self, adapter: RouterAdapter | None) -> torch.Tensor:
        """(L, N)"""
        total: torch.Tensor | float = 0.0
        for opinions, inputs, logits in zip(self.opinions, self.inputs, self.logits, strict=True):
            bent = logits if adapter is None else logits + adapter.bend(inputs)
            total = total + torch.tanh((opinions * torch.softmax(bent, dim=-1).unsqueeze(1)).sum(dim=-1))
        tilt = self.action_range * torch.as_tensor(total) / len(self.opinions)
        return active_of(tilt.unsqueeze(1), self.seen).squeeze(1)


def fit_adapter(
    ensemble: Ensemble,
    seen: Observed,
    client: Clients,
    posterior: ObjectivePosterior,
    config: FitConfig | None = None,
) -> AdapterFit:
    """Maximise the likelihood of the observed active shares over the adapter, the client's objectives being those of
    `posterior` and its leaning theirs.

    Raises TooLittleHistory, and ValueError where the policy's router takes no adapter.
    """
    config = config or FitConfig()
    if len(seen) < FEWEST_DAYS:
        raise TooLittleHistory(f"there are {len(seen)} decision days; an adapter needs {FEWEST_DAYS}")
    personal = with_objectives(client, posterior)
    parts = [_prepare(ensemble, seen.take(index), personal) for index in in_time_order(len(seen), config.shares)]
    learn, stop, judge = parts
    with torch.no_grad():
        noise = _noise(learn, posterior.leaning)
    start = RouterAdapter.unfitted(config.seed)
    down, up = (part.double().requires_grad_() for part in (start.down.clone(), start.up.clone()))
    optimiser = torch.optim.Adam([down, up], lr=config.learning_rate)
    best, best_step = start, 0
    best_value = _likelihood(stop, None, posterior.leaning, noise)
    for step in range(1, config.steps + 1):
        fitted = RouterAdapter(down, up)
        shrink = config.weight_decay * (up.square().sum() + down.square().sum())
        loss = shrink - _mean_log(learn, fitted, posterior.leaning, noise)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        now = RouterAdapter(down.detach().clone().float(), up.detach().clone().float())
        value = _likelihood(stop, now, posterior.leaning, noise)
        if value > best_value + 1e-9:
            best, best_step, best_value = now, step, value
        elif step - best_step >= config.patience:
            break
    before = [_likelihood(part, None, posterior.leaning, noise) for part in parts]
    after = [_likelihood(part, best, posterior.leaning, noise) for part in parts]
    learned, stopped, held_out = (Likelihood(before=b, after=a) for b, a in zip(before, after, strict=True))
    return AdapterFit(best, best_step, learned, stopped, held_out, len(judge.seen), noise)


def _prepare(ensemble: Ensemble, seen: Observed, client: Clients) -> _Prepared:
    vector = client.vector().double()
    opinions, inputs, logits = [], [], []
    for member in ensemble.members:
        policy = in_double(member)
        router = policy.router
        if not isinstance(router, IntentRouter):
            raise ValueError("this policy's router takes no adapter; train one with `intent` in its network's shape")
        with torch.no_grad():
            encoded = policy.encode(seen.day)
            wide = vector.expand(len(seen), vector.shape[-1])
            read = router.inputs(wide, encoded.regime)
            opinions.append(encoded.opinions)
            inputs.append(read)
            logits.append(router.last(read))
    return _Prepared(seen, tuple(opinions), tuple(inputs), tuple(logits), ensemble.action_range)


def _noise(part: _Prepared, leaning: float) -> float:
    residual = (part.seen.active - leaning * part.active(None))[part.seen.held]
    return max(math.sqrt(float(residual.square().mean())), 1e-9)


def _mean_log(part: _Prepared, adapter: RouterAdapter | None, leaning: float, noise: float) -> torch.Tensor:
    residual = (part.seen.active - leaning * part.active(adapter))[part.seen.held]
    return -0.5 * (residual / noise).square().mean() - math.log(noise) - 0.5 * math.log(2.0 * math.pi)


def _likelihood(part: _Prepared, adapter: RouterAdapter | None, leaning: float, noise: float) -> float:
    with torch.no_grad():
        return float(_mean_log(part, adapter, leaning, noise))
