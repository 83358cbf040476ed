"""Keeping a bounded number of entries in order, without a loop: what has a place moves up, what has none is merged."""

import torch

from rl.taxes.records import Losses, Lots

_NEVER = -(10**9)


def pack_lots(lots: Lots, size: int) -> tuple[Lots, torch.Tensor]:
    """The (S, E) lots in (S, size) slots, in order, and the (S,) number of lots that had to be merged.

    When there are too many, the oldest become one: units and basis add up, the youngest's dates hold for all, and it
    has been used as a replacement if any of it has.
    """
    slot, excess = _slots(lots.units > 0.0, size)
    packed = Lots(
        units=_sum(lots.units, slot, size),
        basis=_sum(lots.basis, slot, size),
        bought=_latest(lots.bought, slot, size),
        start=_latest(lots.start, slot, size),
        used=_any(lots.used, slot, size),
    )
    return packed, excess


def pack_losses(losses: Losses, size: int) -> tuple[Losses, torch.Tensor]:
    """The same for losses whose window is open; merged ones are long-term if any is."""
    slot, excess = _slots(losses.units > 0.0, size)
    packed = Losses(
        units=_sum(losses.units, slot, size),
        loss=_sum(losses.loss, slot, size),
        sold=_latest(losses.sold, slot, size),
        held=_latest(losses.held, slot, size),
        long=_any(losses.long, slot, size),
    )
    return packed, excess


def _slots(filled: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(S, E) the slot of each entry, `size` for an empty one, and (S,) how many entries are too many."""
    place = filled.long().cumsum(dim=-1)
    excess = (place[:, -1] - size).clamp(min=0)
    slot = (place - 1 - excess.unsqueeze(-1)).clamp(min=0)
    return torch.where(filled, slot, torch.full_like(slot, size)), excess


def _sum(values: torch.Tensor, slot: torch.Tensor, size: int) -> torch.Tensor:
    return values.new_zeros(len(values), size + 1).scatter_add_(1, slot, values)[:, :size]


def _latest(days: torch.Tensor, slot: torch.Tensor, size: int) -> torch.Tensor:
    table = days.new_full((len(days), size + 1), _NEVER).scatter_reduce_(1, slot, days, "amax")[:, :size]
    return torch.where(table == _NEVER, torch.zeros_like(table), table)


def _any(flags: torch.Tensor, slot: torch.Tensor, size: int) -> torch.Tensor:
    table = slot.new_zeros(len(flags), size + 1).scatter_add_(1, slot, flags.long())[:, :size]
    return table > 0
