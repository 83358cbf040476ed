"""A passage that can be cited, and where it stands."""

from datetime import date
from hashlib import sha256
from typing import Literal

from pydantic import Field

from portfolio.records import Record

DocumentKind = Literal["news", "filing", "earnings"]


class Document(Record):
    """One passage. Text from outside: it is quoted and counted, never obeyed."""

    source: str
    """A file's name, a feed's address, a data set."""
    published: date
    """The first day on which it may be used."""
    symbol: str | None = None
    kind: DocumentKind
    title: str = ""
    section: str = ""
    """Of a filing: its item ("Item 7")."""
    form: str = ""
    """Of a filing: what it was filed as ("10-K", "10-Q", "8-K", "EX-99.1")."""
    text: str = Field(min_length=1)

    @property
    def hash(self) -> str:
        """SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def id(self) -> str:
        """The same passage of the same company and day has the same id, wherever it was found."""
        key = f"{self.kind}|{self.symbol or ''}|{self.published}|{self.section}|{self.hash}"
        return f"{self.kind}-{sha256(key.encode()).hexdigest()[:16]}"
