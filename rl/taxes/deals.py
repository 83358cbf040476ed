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
    rows = torch.nonzero((fresh.units > 0.0).any(dim=-1) & (window >= 0)).squeeze(-1)
    pending = losses
    if len(rows):
        old = _open(_loss_rows(losses, rows), day[rows], window[rows])
        both, excess = pack_losses(_joined(_first(old), _first(_loss_rows(fresh, rows))), size)
        pending, merged = _put_losses(losses, rows, both), merged.index_add(0, rows, excess)
    return Sale(
        lots=kept,
        losses=pending,
        short=torch.where(is_long, zero, counted).sum(dim=-1),
        long=torch.where(is_long, counted, zero).sum(dim=-1),
        disallowed=disallowed.sum(dim=-1),
        merged=merged,
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
    each = (price * units + fee) / units
    waiting = _open(losses, day, window)
    size, merged, pending = lots.units.shape[-1], torch.zeros_like(day), losses
    disallowed = torch.zeros_like(waiting.loss)
    washes = (waiting.units > 0.0).any(dim=-1)
    plain = torch.nonzero(~washes).squeeze(-1)
    if len(plain):
        new = _purchased(units[plain].unsqueeze(-1), each[plain], day[plain])
        packed, excess = pack_lots(_appended(_rows(lots, plain), new), size)
        lots, merged = _put(lots, plain, packed), merged.index_add(0, plain, excess)
    rows = torch.nonzero(washes).squeeze(-1)
    if len(rows):
        here, index = _first_of(_loss_rows(waiting, rows))
        before = here.units.cumsum(dim=-1) - here.units
        matched = torch.minimum((units[rows].unsqueeze(-1) - before).clamp(min=0.0), here.units)
        left = units[rows] - matched.sum(dim=-1)
        left = torch.where(left > DUST[units.dtype] * units[rows], left, torch.zeros_like(left))
        carried = here.loss * matched / here.units.clamp(min=1e-30)
        replaced = _purchased(matched, each[rows], day[rows], carried, here.held)
        rest = _purchased(left.unsqueeze(-1), each[rows], day[rows])
        packed, excess = pack_lots(_appended(_appended(_rows(lots, rows), replaced), rest), size)
        lots, merged = _put(lots, rows, packed), merged.index_add(0, rows, excess)
        remain = here.units - matched
        gone = remain <= DUST[units.dtype] * here.units
        still = Losses(torch.where(gone, torch.zeros_like(remain), remain), here.loss - carried, *_dates(here))
        pending = _put_losses(losses, rows, pack_losses(still, size)[0])
        disallowed[rows] = disallowed[rows].scatter(-1, index, carried)
    return Purchase(lots, pending, disallowed, waiting.sold, waiting.long, merged)


def _purchased(
    units: torch.Tensor,
    each: torch.Tensor,
    day: torch.Tensor,
    carried: torch.Tensor | None = None,
    held: torch.Tensor | None = None,
) -> Lots:
    """Lots (S, E) bought on `day` (S,) for `each` (S,) a unit, with the losses they carry and the days tacked on."""
    bought = day.unsqueeze(-1).expand(units.shape)
    basis = units * each.unsqueeze(-1)
    if carried is None or held is None:
        return Lots(units, basis, bought, bought, torch.zeros_like(units, dtype=torch.bool))
    return Lots(units, basis + carried, bought, bought - held, units > 0.0)


def _appended(first: Lots, second: Lots) -> Lots:
    return Lots(*(torch.cat([getattr(first, n), getattr(second, n)], dim=-1) for n in Lots.__dataclass_fields__))


def _first(losses: Losses) -> Losses:
    """The losses that there are, in order, in as few slots as hold them all."""
    return _first_of(losses)[0]


def _first_of(losses: Losses) -> tuple[Losses, torch.Tensor]:
    """The same, and the (S, M) slots that they came from."""
    index = _index_of(losses.units > 0.0)
    return Losses(*(getattr(losses, name).gather(-1, index) for name in Losses.__dataclass_fields__)), index


def _index_of(filled: torch.Tensor) -> torch.Tensor:
    """(S, M) where the filled entries of (S, K) are, in order, M being the most that any row has; then empty ones."""
    most = int(filled.sum(dim=-1).max()) if len(filled) else 0
    return torch.argsort((~filled).to(torch.uint8), dim=-1, stable=True)[:, : max(most, 1)]


def _dates(losses: Losses) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return losses.sold, losses.held, losses.long


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
    index = _index_of(lost.units > 0.0)
    sold_units, sold_loss, sold_held = (part.gather(-1, index) for part in (lost.units, lost.loss, lost.held))
    own = lots.bought.gather(-1, index)
    paid = lots.basis / lots.units.clamp(min=1e-30)
    units, basis, start, used, matched = [], [], [], [], []
    left = free
    for place in range(index.shape[-1]):
        here = slice(place, place + 1)
        allowed = torch.where(lots.bought == own[:, here], torch.zeros_like(left), left)
        before = allowed.cumsum(dim=-1) - allowed
        wanted = sold_units[:, here]
        taken = torch.minimum((wanted - before).clamp(min=0.0), allowed)
        taken = torch.where(taken > DUST[taken.dtype] * lots.units, taken, torch.zeros_like(taken))
        units.append(taken)
        basis.append(taken * (paid + sold_loss[:, here] / wanted.clamp(min=1e-30)))
        start.append(lots.bought - sold_held[:, here])
        used.append(taken > 0.0)
        matched.append(taken.sum(dim=-1))
        left = left - taken
    gone = torch.stack(units).sum(dim=0)
    rest = lots.units - gone
    rest = torch.where(rest > DUST[rest.dtype] * lots.units, rest, torch.zeros_like(rest))
    split = Lots(
        units=torch.stack([*units, rest], dim=-1).flatten(1),
        basis=torch.stack([*basis, paid * rest], dim=-1).flatten(1),
        bought=lots.bought.unsqueeze(-1).expand(-1, -1, len(units) + 1).flatten(1),
        start=torch.stack([*start, lots.start], dim=-1).flatten(1),
        used=torch.stack([*used, lots.used], dim=-1).flatten(1),
    )
    packed, merged = pack_lots(split, size)
    back = torch.zeros_like(lost.units).scatter(-1, index, torch.stack(matched, dim=-1))
    return packed, back, merged


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


def _put_losses(losses: Losses, rows: torch.Tensor, new: Losses) -> Losses:
    return Losses(*(getattr(losses, n).index_copy(0, rows, getattr(new, n)) for n in Losses.__dataclass_fields__))


def _put(lots: Lots, rows: torch.Tensor, new: Lots) -> Lots:
    return Lots(*(getattr(lots, name).index_copy(0, rows, getattr(new, name)) for name in Lots.__dataclass_fields__))
