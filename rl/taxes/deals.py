"""Selling and buying lots of S holdings at once, with the wash-sale rule: the twin of `portfolio.taxes.book`.

A holding is one asset of one portfolio, and every tensor has a row for each. Losses are matched in the order of the
sales, and within a day in the order of purchase, with replacement shares in the order of purchase (Treas. Reg.
1.1091-1(b)-(d)); a share replaces once (1.1091-1(e)); what is left of the very purchase that was sold from is no
replacement (Rev. Rul. 56-602).
"""

from dataclasses import dataclass

import torch

from rl.taxes.calendar import first_long_day
from rl.taxes.records import Losses, LotOrder, Lots
from rl.taxes.slots import pack_losses, pack_lots

DUST = {torch.float64: 1e-12, torch.float32: 1e-6}
"""Share of a holding below which what is left of a lot is round-off."""


@dataclass(frozen=True, eq=False)
class Sale:
    """What selling did to S holdings: their lots and open losses (S, K); gains that count, and the rest, (S,)."""

    lots: Lots
    losses: Losses
    short: torch.Tensor
    long: torch.Tensor
    disallowed: torch.Tensor
    merged: torch.Tensor


@dataclass(frozen=True, eq=False)
class Purchase:
    """What buying did to S holdings: their lots and open losses (S, K), and (S, R) the losses now disallowed with the
    day and the character of the sale they came from."""

    lots: Lots
    losses: Losses
    disallowed: torch.Tensor
    sold: torch.Tensor
    long: torch.Tensor
    merged: torch.Tensor


def sell(
    lots: Lots,
    losses: Losses,
    units: torch.Tensor,
    price: torch.Tensor,
    fee: torch.Tensor,
    day: torch.Tensor,
    window: torch.Tensor,
    order: LotOrder,
    priority: torch.Tensor | None = None,
) -> Sale:
    """Sell `units` (S,) at `price` (S,) for `fee` (S,) money in all.

    priority : (S, K) names the lots, the highest is sold first; then `order` has no say
    """
    take = _taken(lots, units, order, priority)
    share = take / units.clamp(min=1e-30).unsqueeze(-1)
    part = take / torch.where(lots.units > 0.0, lots.units, torch.ones_like(lots.units))
    cost = lots.basis * part
    gain = take * price.unsqueeze(-1) - share * fee.unsqueeze(-1) - cost
    is_long = day.unsqueeze(-1) >= first_long_day(lots.start)
    held = day.unsqueeze(-1) - lots.start
    kept = Lots(lots.units - take, lots.basis - cost, lots.bought, lots.start, lots.used)
    lost = Losses(
        units=torch.where(gain < 0.0, take, torch.zeros_like(take)),
        loss=(-gain).clamp(min=0.0),
        sold=day.unsqueeze(-1).expand_as(held),
        held=held,
        long=is_long,
    )
    size = lots.units.shape[-1]
    merged = torch.zeros_like(day)
    disallowed = torch.zeros_like(gain)
    free = _replacements(kept, day, window)
    rows = torch.nonzero((free.sum(dim=-1) > 0.0) & (lost.units.sum(dim=-1) > 0.0)).squeeze(-1)
    if len(rows):
        washed, matched, excess = _wash(_rows(kept, rows), _loss_rows(lost, rows), free[rows])
        share_lost = matched / lost.units[rows].clamp(min=1e-30)
        disallowed[rows] = share_lost * lost.loss[rows]
        lost = Losses(
            units=lost.units.index_add(0, rows, -matched),
            loss=lost.loss.index_add(0, rows, -disallowed[rows]),
            sold=lost.sold,
            held=lost.held,
            long=lost.long,
        )
        kept, merged = _put(kept, rows, washed), merged.index_add(0, rows, excess)
    counted = gain + disallowed
    zero = torch.zeros_like(counted)
    tiny = DUST[take.dtype] * take.sum(dim=-1, keepdim=True)
    fresh = Losses(torch.where(lost.units > tiny, lost.units, zero), lost.loss, lost.sold, lost.held, lost.long)
    pending, excess = pack_losses(_joined(_open(losses, day, window), _open(fresh, day, window)), size)
    return Sale(
        lots=kept,
        losses=pending,
        short=torch.where(is_long, zero, counted).sum(dim=-1),
        long=torch.where(is_long, counted, zero).sum(dim=-1),
        disallowed=disallowed.sum(dim=-1),
        merged=merged + excess,
    )


def buy(
    lots: Lots,
    losses: Losses,
    units: torch.Tensor,
    price: torch.Tensor,
    fee: torch.Tensor,
    day: torch.Tensor,
    window: torch.Tensor,
) -> Purchase:
    """Buy `units` (S,) at `price` (S,) for `fee` (S,) money in all: open losses are disallowed, earliest sale first."""
    waiting = _open(losses, day, window)
    before = waiting.units.cumsum(dim=-1) - waiting.units
    matched = torch.minimum((units.unsqueeze(-1) - before).clamp(min=0.0), waiting.units)
    left = units - matched.sum(dim=-1)
    left = torch.where(left > DUST[units.dtype] * units, left, torch.zeros_like(left))
    disallowed = waiting.loss * matched / waiting.units.clamp(min=1e-30)
    each = (price * units + fee) / units
    pieces = torch.cat([matched, left.unsqueeze(-1)], dim=-1)
    added = torch.cat([disallowed, torch.zeros_like(left).unsqueeze(-1)], dim=-1)
    held = torch.cat([waiting.held, torch.zeros_like(day).unsqueeze(-1)], dim=-1)
    bought = day.unsqueeze(-1).expand_as(held)
    new = Lots(
        units=pieces,
        basis=pieces * each.unsqueeze(-1) + added,
        bought=bought,
        start=bought - held,
        used=torch.cat([matched > 0.0, torch.zeros_like(left, dtype=torch.bool).unsqueeze(-1)], dim=-1),
    )
    both = Lots(*(torch.cat([getattr(lots, name), getattr(new, name)], dim=-1) for name in Lots.__dataclass_fields__))
    size = lots.units.shape[-1]
    packed, merged = pack_lots(both, size)
    rest = waiting.units - matched
    gone = rest <= DUST[units.dtype] * waiting.units
    still = Losses(
        units=torch.where(gone, torch.zeros_like(rest), rest),
        loss=waiting.loss - disallowed,
        sold=waiting.sold,
        held=waiting.held,
        long=waiting.long,
    )
    pending, _ = pack_losses(still, size)
    return Purchase(packed, pending, disallowed, waiting.sold, waiting.long, merged)


def _taken(lots: Lots, units: torch.Tensor, order: LotOrder, priority: torch.Tensor | None) -> torch.Tensor:
    """(S, K) units sold from each lot. Ties go to the earlier purchase."""
    empty = lots.units <= 0.0
    if priority is not None:
        rank = priority
    elif order == "hifo":
        rank = lots.basis / torch.where(empty, torch.ones_like(lots.units), lots.units)
    else:
        rank = lots.bought.to(lots.units.dtype) * (1.0 if order == "lifo" else -1.0)
    rank = torch.where(empty, torch.full_like(rank, -torch.inf), rank)
    index = torch.argsort(rank, dim=-1, descending=True, stable=True)
    sorted_units = lots.units.gather(-1, index)
    before = sorted_units.cumsum(dim=-1) - sorted_units
    taken = torch.minimum((units.unsqueeze(-1) - before).clamp(min=0.0), sorted_units)
    take = torch.zeros_like(taken).scatter(-1, index, taken)
    tiny = DUST[take.dtype] * lots.units.sum(dim=-1, keepdim=True)
    return torch.where((take > 0.0) & (lots.units - take <= tiny), lots.units, take)


def _replacements(lots: Lots, day: torch.Tensor, window: torch.Tensor) -> torch.Tensor:
    """(S, K) units that may replace shares sold today: bought within the window and not used before."""
    near = (day.unsqueeze(-1) - lots.bought) <= window.unsqueeze(-1)
    return torch.where(near & ~lots.used, lots.units, torch.zeros_like(lots.units))


def _wash(lots: Lots, lost: Losses, free: torch.Tensor) -> tuple[Lots, torch.Tensor, torch.Tensor]:
    """Match losses (S, K) with replacement shares `free` (S, K): lots after, (S, K) units matched, lots merged.

    The loop is over the lots sold, because shares left of a lot's own purchase do not replace it.
    """
    size = lots.units.shape[-1]
    units, basis, start, used = [], [], [], []
    left, matched = free, []
    for place in range(size):
        allowed = torch.where(lots.bought == lots.bought[:, place : place + 1], torch.zeros_like(left), left)
        before = allowed.cumsum(dim=-1) - allowed
        wanted = lost.units[:, place : place + 1]
        taken = torch.minimum((wanted - before).clamp(min=0.0), allowed)
        taken = torch.where(taken > DUST[taken.dtype] * lots.units, taken, torch.zeros_like(taken))
        each = lost.loss[:, place : place + 1] / wanted.clamp(min=1e-30)
        units.append(taken)
        basis.append(taken * (lots.basis / lots.units.clamp(min=1e-30) + each))
        start.append(lots.bought - lost.held[:, place : place + 1])
        used.append(taken > 0.0)
        matched.append(taken.sum(dim=-1))
        left = left - taken
    gone = torch.stack(units).sum(dim=0)
    rest = torch.where(gone > 0.0, lots.units - gone, lots.units)
    rest = torch.where(rest > DUST[rest.dtype] * lots.units, rest, torch.zeros_like(rest))
    units.append(rest)
    basis.append(lots.basis * rest / lots.units.clamp(min=1e-30))
    start.append(lots.start)
    used.append(lots.used)
    split = Lots(
        units=torch.stack(units, dim=-1).flatten(1),
        basis=torch.stack(basis, dim=-1).flatten(1),
        bought=lots.bought.unsqueeze(-1).expand(-1, -1, size + 1).flatten(1),
        start=torch.stack(start, dim=-1).flatten(1),
        used=torch.stack(used, dim=-1).flatten(1),
    )
    packed, merged = pack_lots(split, size)
    return packed, torch.stack(matched, dim=-1), merged


def _open(losses: Losses, day: torch.Tensor, window: torch.Tensor) -> Losses:
    """Losses whose window has not closed; the others lose their units."""
    near = (day.unsqueeze(-1) - losses.sold) <= window.unsqueeze(-1)
    zero = torch.zeros_like(losses.units)
    return Losses(
        torch.where(near, losses.units, zero),
        torch.where(near, losses.loss, zero),
        losses.sold,
        losses.held,
        losses.long,
    )


def _joined(first: Losses, second: Losses) -> Losses:
    return Losses(
        *(torch.cat([getattr(first, name), getattr(second, name)], dim=-1) for name in Losses.__dataclass_fields__)
    )


def _rows(lots: Lots, rows: torch.Tensor) -> Lots:
    return Lots(*(getattr(lots, name)[rows] for name in Lots.__dataclass_fields__))


def _loss_rows(losses: Losses, rows: torch.Tensor) -> Losses:
    return Losses(*(getattr(losses, name)[rows] for name in Losses.__dataclass_fields__))


def _put(lots: Lots, rows: torch.Tensor, new: Lots) -> Lots:
    return Lots(*(getattr(lots, name).index_copy(0, rows, getattr(new, name)) for name in Lots.__dataclass_fields__))
