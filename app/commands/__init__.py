"""One module per command of `quorum`."""
