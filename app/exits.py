"""What `quorum` tells the shell, and how an error reaches a person: one sentence, one remedy, no stack trace."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; `docs/command-line.md` lists them for users."""

    OK = 0
    FAILED = 1
    """Something that should not happen; please report it."""
    USAGE = 2
    """The command's words are off."""
    INPUT = 3
    """Data, settings or files do not allow an answer; the message says what to do."""
    REFUSED = 4
    """No suitable advice exists for what was said."""
    INFEASIBLE = 5
    """The client's limits contradict each other; the answer names them."""
    FINDINGS = 6
    """`doctor` or `personas check` found something to mend."""
    INTERRUPTED = 130


def say_error(message: str, remedy: str = "") -> None:
    """Write a clear sentence, and what to do next, to standard error."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]Error:[/] {_plain(message)}")
    if remedy:
        console.print(f"[bold]What to do:[/] {_plain(remedy)}")


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what goes wrong below a door into a message and an exit code."""
    from tools.errors import QuorumError

    try:
        yield
    except QuorumError as error:
        say_error(error.message, error.remedy)
        sys.exit(Exit.INPUT)
    except KeyboardInterrupt:
        say_error("interrupted", "what was said is kept: `quorum chat --session NAME` goes on where you stopped")
        sys.exit(Exit.INTERRUPTED)
    except OSError as error:
        say_error(f"{error.strerror or error}: {error.filename or 'no file named'}", "free space or grant access")
        sys.exit(Exit.INPUT)
