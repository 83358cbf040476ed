"""As many error types as there are different reactions; each carries one sentence and what to do next."""


class QuorumError(Exception):
    """An expected failure, told to a person.

    Parameters
    ----------
    message : one clear sentence on what is wrong
    remedy : what the person can do about it
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message if not remedy else f"{message} ({remedy})")
        self.message = message
        self.remedy = remedy


class DataError(QuorumError):
    """Prices or records that are missing, unreadable or out of range: there is no answer without them."""


class StoreError(QuorumError):
    """The document store cannot be read or written: analysts abstain, the run goes on."""


class PromptError(QuorumError):
    """A prompt or persona file that is not well formed: found at start, never in the middle of a run."""


class ModelUnavailable(QuorumError):  # noqa: N818 - the word of the house
    """A language model that cannot be reached or answers nonsense: rules answer in its place."""


class SessionError(QuorumError):
    """A session or trace that does not exist, or was made with other data, settings, prompts or personas."""


class DocumentError(QuorumError):
    """A document that cannot be read or dated: it is skipped and reported, the others go on."""
