"""Keeping a bounded number of entries in order, without a loop: what has a place moves up, what has none is merged."""

import torch

from rl.taxes.records import Losses, Lots

_NEVER = -(10**9)


def pack_lots(lots: Lots, size: int) -> tuple[Lots, torch.Tensor]:
    """The (S, E) lots in (S, size) slots, in order, and the (S,) number of lots that had to be merged.

    When there are too many, two neighbours become one, again and again: those whose bases per unit, weighed by the
    smaller one's units, lie nearest, so that the gain of a later sale changes least. Units and basis add up, the
    younger one's dates hold for both, and the lot has been used as a replacement if either has.
    """
    filled = lots.units > 0.0
    count = filled.sum(dim=-1)
    excess = (count - size).clamp(min=0)
    packed = _gathered(lots, filled, size)
    rows = torch.nonzero(excess > 0).squeeze(-1)
    if len(rows):
        full = Lots(*(getattr(lots, name)[rows] for name in Lots.__dataclass_fields__))
        most = int(count[rows].max())
        full = _gathered(full, filled[rows], most)
        for _ in range(int(excess.max())):  # one turn for each lot too many, mostly one
            full = _nearest_merged(full, size)
        full = _gathered(full, full.units > 0.0, size)
        packed = Lots(
            *(getattr(packed, name).index_copy(0, rows, getattr(full, name)) for name in Lots.__dataclass_fields__)
        )
    return packed, excess


def _gathered(lots: Lots, filled: torch.Tensor, size: int) -> Lots:
    slot, _ = _slots(filled, size)
    return Lots(
        units=_sum(lots.units, slot, size),
        basis=_sum(lots.basis, slot, size),
        bought=_latest(lots.bought, slot, size),
        start=_latest(lots.start, slot, size),
        used=_any(lots.used, slot, size),
    )


def _nearest_merged(lots: Lots, size: int) -> Lots:
    """Lots (S, E) from the first slot on, with the nearest neighbours merged where there are more than `size`."""
    held = lots.units > 0.0
    each = lots.basis / lots.units.clamp(min=1e-30)
    less = torch.minimum(lots.units[:, :-1], lots.units[:, 1:])
    apart = (each[:, 1:] - each[:, :-1]).abs() * less
    apart = torch.where(held[:, 1:], apart, torch.full_like(apart, torch.inf))
    first = apart.argmin(dim=-1, keepdim=True)
    places = torch.arange(lots.units.shape[-1], device=first.device)
    too_many = held.sum(dim=-1, keepdim=True) > size
    slot = torch.where(too_many & (places > first), places - 1, places)
    width = lots.units.shape[-1]
    return Lots(
        units=_sum(lots.units, slot, width),
        basis=_sum(lots.basis, slot, width),
        bought=_latest(lots.bought, slot, width),
        start=_latest(lots.start, slot, width),
        used=_any(lots.used, slot, width),
    )


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
