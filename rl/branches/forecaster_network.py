"""Many small LSTMs trained at once: every weight has a leading dimension of models, and one product serves them all.

The backward pass through time is written out (Hochreiter and Schmidhuber 1997; Gers et al. 2000 for the forget gate):
on a CPU it takes a third of what automatic differentiation of the same loop takes, and is as fast as torch's own LSTM,
which holds one model only. A test holds it to torch's LSTM and its gradients.
"""

from typing import Any

import torch

Weights = dict[str, torch.Tensor]
"""input (M, F, 4H), recurrent (M, H, 4H), bias (M, 1, 4H), head (M, H, O), head_bias (M, 1, O).

Gates stand in the order input, forget, output, candidate.
"""


def initial(models: int, inputs: int, hidden: int, outputs: int, random: torch.Generator) -> Weights:
    """Uniform within 1 / sqrt(H), as torch's LSTM; the forget gate starts open (Jozefowicz et al. 2015), the head at
    zero, so that an untrained forecaster foretells the mean."""
    bound = hidden**-0.5

    def uniform(*shape: int) -> torch.Tensor:
        drawn: torch.Tensor = (2.0 * torch.rand(*shape, generator=random) - 1.0) * bound
        return drawn

    bias = uniform(models, 1, 4 * hidden)
    bias[..., hidden : 2 * hidden] += 1.0
    return {
        "input": uniform(models, inputs, 4 * hidden),
        "recurrent": uniform(models, hidden, 4 * hidden),
        "bias": bias,
        "head": torch.zeros(models, hidden, outputs),
        "head_bias": torch.zeros(models, 1, outputs),
    }


def forward(weights: Weights, windows: torch.Tensor, keep: torch.Tensor | None = None) -> torch.Tensor:
    """(M, B, O) outputs after the last period of windows (P, M, B, F).

    `keep` is the drop-out mask (M, B, H) on the last hidden state, already divided by the chance of keeping.
    """
    hidden: torch.Tensor = _Recurrence.apply(  # type: ignore[no-untyped-call]
        torch.matmul(windows, weights["input"]) + weights["bias"], weights["recurrent"]
    )
    if keep is not None:
        hidden = hidden * keep
    return torch.baddbmm(weights["head_bias"], hidden, weights["head"])


class BatchedAdam:
    """Adam (Kingma and Ba 2015) with weight decay in the gradient, for models that may leave the batch one by one.

    torch's own keeps its moments by parameter, where models cannot be taken out.
    """

    def __init__(self, start: Weights, rate: float, decay: float) -> None:
        """`weights` begin as copies of `start`."""
        self.weights: Weights = {name: value.detach().clone().requires_grad_() for name, value in start.items()}
        self._first = {name: torch.zeros_like(value) for name, value in start.items()}
        self._second = {name: torch.zeros_like(value) for name, value in start.items()}
        self._rate, self._decay, self._steps = rate, decay, 0

    @torch.no_grad()
    def step(self) -> None:
        """One update from the gradients, which are then cleared."""
        self._steps += 1
        first_share, second_share = 1.0 - 0.9**self._steps, 1.0 - 0.999**self._steps
        for name, value in self.weights.items():
            if value.grad is None:
                continue
            grad = value.grad.add_(value, alpha=self._decay)
            first = self._first[name].mul_(0.9).add_(grad, alpha=0.1)
            second = self._second[name].mul_(0.999).addcmul_(grad, grad, value=0.001)
            value.addcdiv_(first, (second / second_share).sqrt_().add_(1e-8), value=-self._rate / first_share)
            value.grad = None

    def keep(self, going: torch.Tensor) -> None:
        """Leave out the models that are False in `going` (M,)."""
        self.weights = {name: value.detach()[going].requires_grad_() for name, value in self.weights.items()}
        self._first = {name: value[going] for name, value in self._first.items()}
        self._second = {name: value[going] for name, value in self._second.items()}


class _Recurrence(torch.autograd.Function):
    """Last hidden state (M, B, H) from the inputs' part of the gates (P, M, B, 4H) and recurrent weights (M, H, 4H)."""

    @staticmethod
    def forward(ctx: Any, inputs: torch.Tensor, recurrent: torch.Tensor) -> torch.Tensor:
        periods, models, batch, _ = inputs.shape
        size = recurrent.shape[1]
        gates = torch.empty_like(inputs)
        cells = inputs.new_zeros(periods + 1, models, batch, size)
        hidden = inputs.new_zeros(periods + 1, models, batch, size)
        for k in range(periods):
            gate = gates[k]
            torch.baddbmm(inputs[k], hidden[k], recurrent, out=gate)
            gate[..., : 3 * size].sigmoid_()
            gate[..., 3 * size :].tanh_()
            enter, forget, leave, candidate = gate.chunk(4, dim=-1)
            torch.mul(forget, cells[k], out=cells[k + 1]).addcmul_(enter, candidate)
            torch.tanh(cells[k + 1], out=hidden[k + 1]).mul_(leave)
        ctx.save_for_backward(gates, cells, hidden, recurrent)
        return hidden[periods].clone()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gates, cells, hidden, recurrent = ctx.saved_tensors
        (d_hidden,) = grads
        size = recurrent.shape[1]
        d_gates = torch.empty_like(gates)
        d_recurrent = torch.zeros_like(recurrent)
        d_cell = torch.zeros_like(d_hidden)
        back = recurrent.transpose(1, 2).contiguous()
        for k in range(len(gates) - 1, -1, -1):
            enter, forget, leave, candidate = gates[k].chunk(4, dim=-1)
            d_enter, d_forget, d_leave, d_candidate = d_gates[k].chunk(4, dim=-1)
            squashed = torch.tanh(cells[k + 1])
            d_cell = d_cell + d_hidden * leave * (1.0 - squashed * squashed)
            torch.mul(d_cell, candidate, out=d_enter)
            torch.mul(d_cell, cells[k], out=d_forget)
            torch.mul(d_hidden, squashed, out=d_leave)
            torch.mul(d_cell, enter, out=d_candidate).mul_(1.0 - candidate * candidate)
            sigmoids = gates[k][..., : 3 * size]
            d_gates[k][..., : 3 * size].mul_(sigmoids * (1.0 - sigmoids))
            d_cell = d_cell * forget
            d_hidden = torch.bmm(d_gates[k], back)
            d_recurrent.baddbmm_(hidden[k].transpose(1, 2), d_gates[k])
        return d_gates, d_recurrent
