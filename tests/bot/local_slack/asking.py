"""Plain HTTP requests, of which only the status matters."""

import urllib.error
import urllib.request


def status_of(request: urllib.request.Request) -> int:
    """Send it and give the status of the answer."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
