"""Windows of the walk-forward: five calendar years train, the next validates, the next tests."""

from portfolio.records import Record

TRAIN_YEARS = 5


class Window(Record):
    """One window; each span is a first and a last day, ISO, inclusive, and they do not overlap."""

    train: tuple[str, str]
    validate_on: tuple[str, str]
    test: tuple[str, str]

    @property
    def year(self) -> int:
        """The test year."""
        return int(self.test[0][:4])

    @property
    def known(self) -> tuple[str, str]:
        """Training and validation together: all that may be looked at before the test."""
        return self.train[0], self.validate_on[1]


def window_of(year: int, train_years: int = TRAIN_YEARS) -> Window:
    """The window whose test year is `year`."""
    return Window(
        train=(f"{year - 1 - train_years}-01-01", f"{year - 2}-12-31"),
        validate_on=span_of(year - 1),
        test=span_of(year),
    )


def windows(first_year: int, last_year: int, train_years: int = TRAIN_YEARS) -> tuple[Window, ...]:
    """One window a test year. Raises ValueError where there is none."""
    if last_year < first_year:
        raise ValueError(f"test years {first_year} to {last_year} hold no window; use a longer history")
    return tuple(window_of(year, train_years) for year in range(first_year, last_year + 1))


def span_of(year: int) -> tuple[str, str]:
    return f"{year}-01-01", f"{year}-12-31"
