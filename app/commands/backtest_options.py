"""Options of `quorum backtest` on how orders are dealt and charged."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tools.errors import QuorumError

if TYPE_CHECKING:
    from lab.backtest.execution import Execution

Rebalance = Annotated[
    Literal["decisions", "threshold", "band"],
    typer.Option(
        "--rebalance",
        help="decisions: weights drift until the next one. threshold: all go back to target when one has drifted out "
        "of --width; band: that one alone, to the edge of its band.",
    ),
]
Width = Annotated[
    float | None,
    typer.Option("--width", min=0, max=1, help="With --rebalance: how far a weight may drift; 0.05 by default."),
]
Relative = Annotated[
    bool, typer.Option("--relative", help="With --rebalance: --width is a share of the target, not points of weight.")
]
Watch = Annotated[
    Literal["closes", "decisions"] | None,
    typer.Option(
        "--watch",
        help="With --rebalance: drift is looked at on every close (the default), or only when a strategy decides, and "
        "then a new target is not traded where all weights stand within --width of it.",
    ),
]
Spread = Annotated[
    float, typer.Option("--spread", min=0, max=5000, help="Basis points quoted; each trade pays half of them.")
]
Slippage = Annotated[
    float, typer.Option("--slippage", min=0, max=5000, help="Basis points that a fill loses beyond that.")
]
OrderFee = Annotated[float, typer.Option("--order-fee", min=0, help="Money for each order, whatever its size.")]
MinimumTrade = Annotated[
    float, typer.Option("--minimum-trade", min=0, help="No order below this much money, but to sell all of an asset.")
]
Lot = Annotated[
    float, typer.Option("--lot", min=0, help="Units a lot: 1 deals in whole units of the closes, 0 in fractions.")
]


def execution_of(
    rebalance: Literal["decisions", "threshold", "band"],
    width: float | None,
    relative: bool,
    watch: Literal["closes", "decisions"] | None,
    *,
    spread: float,
    slippage: float,
    order_fee: float,
    minimum_trade: float,
    lot: float,
    account: float,
) -> "Execution":
    """The plan's rules of dealing. `account` counts where one of them is told in money.

    Raises QuorumError for an option of drift where no drift is watched.
    """
    from lab.backtest.execution import Execution
    from portfolio.backtest import Rebalancing

    if rebalance == "decisions":
        given = (("--width", width is not None), ("--relative", relative), ("--watch", watch is not None))
        idle = [name for name, there in given if there]
        if idle:
            raise QuorumError(
                f"{' and '.join(idle)} says how drift is watched, and none is",
                "add --rebalance threshold or --rebalance band",
            )
        rule = Rebalancing()
    else:
        rule = Rebalancing(
            kind=rebalance,
            width=0.05 if width is None else width,
            relative=relative,
            check="decisions" if watch == "decisions" else "daily",
        )
    made = Execution(
        rebalancing=rule,
        spread_basis_points=spread,
        slippage_basis_points=slippage,
        order_fee=order_fee,
        minimum_trade=minimum_trade,
        lot=lot,
    )
    return made.model_copy(update={"money": account}) if made.in_money else made
