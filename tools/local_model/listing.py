"""Which models an OpenAI-compatible endpoint lists."""

import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def served_models(url: str, seconds: float = 5.0) -> tuple[str, ...]:
    """Names in the list of models at a base address; none when it gives no list, as one that still loads does.

    `quorum doctor` says why an endpoint cannot be asked; this only says whether.
    """
    host = urlsplit(url).hostname
    proxies = urllib.request.ProxyHandler({} if host in LOOPBACK else None)
    try:
        with urllib.request.build_opener(proxies).open(f"{url.rstrip('/')}/models", timeout=seconds) as reply:
            listed = json.load(reply)
    except (urllib.error.URLError, OSError, ValueError):
        return ()
    rows = listed.get("data", []) if isinstance(listed, dict) else []
    return tuple(str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row)
