"""``python -m bot.local_slack``: run a local Slack until interrupted. Prints its address as its first line."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from .door import NotLoopback
from .manifest import BadManifest
from .server import LocalSlack


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bot.local_slack",
        description="A chat on this machine that speaks Slack's protocols to Slack's own client. It is not Slack.",
    )
    parser.add_argument("--port", type=int, default=3032, help="on loopback; 0 is any that is free (3032)")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (127.0.0.1)")
    parser.add_argument(
        "--state", type=Path, required=True, help="folder of messages, files and credentials.json"
    )
    parser.add_argument("--manifest", type=Path, default=Path(__file__).parent.parent / "manifest.yaml",
                        help="the app's manifest (the bot's own)")  # fmt: skip
    parser.add_argument("--request-url", help="HTTP mode: post signed payloads here instead of to sockets")
    parser.add_argument("--no-rate-limits", action="store_true", help="never answer 429 by tier")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    local = LocalSlack(
        state=arguments.state, manifest=arguments.manifest, host=arguments.host, port=arguments.port,
        rate_limits=not arguments.no_rate_limits,
    )  # fmt: skip
    local.slack.signed.set(arguments.request_url)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await local.start()
    print(f"Local Slack: {local.page_url}", flush=True)  # noqa: T201 - what the command is for
    print(f"Web API: {local.slack.url}/api/", flush=True)  # noqa: T201
    print("This is not Slack, and nothing but this machine reaches it. Ctrl-C stops it.", flush=True)  # noqa: T201
    await stopped.wait()
    await local.close()


def main() -> int:
    """Run; 1 when it cannot start, with one line that says why."""
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_run(_arguments()))
    except (NotLoopback, BadManifest, OSError) as wrong:
        print(f"The local Slack cannot start: {wrong}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
