"""What is shown while a person waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.advisor import OnProgress
    from graph.turns import Progress


@contextmanager
def spinner(quiet: bool) -> Iterator["OnProgress | None"]:
    """A spinner on standard error that names the step under way; nothing at all when `quiet`."""
    if quiet:
        yield None
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("reading") as status:

        def show(step: "Progress") -> None:
            status.update(f"{step.node}: {step.text}" if step.text else step.node)

        yield show
