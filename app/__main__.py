"""`python -m app` is `quorum`."""

from app.main import main

main()
