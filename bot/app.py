"""The bot, put together: every object is built here once, started and stopped in order.

Slack's envelopes pass the recording middleware, are acknowledged, and then carried out by the listeners; what the
company has to say leaves by the outbox. In Socket Mode the bot connects to Slack, in HTTP mode Slack calls the bot and
each request's signature is checked.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot import listeners
from bot.backfill import Backfill
from bot.carrying import Carrier
from bot.delivery import Delivery
from bot.desk import Desk
from bot.identity import Identity
from bot.recording import REPLAYED, Recorder
from bot.settings import SlackSettings
from bot.socket import Socket
from bot.spool import Spool
from bot.trouble import SLACK_TROUBLE
from company.clock import Clock, SystemClock
from company.config import ConfigWatch
from company.errors import AgentServiceError, ConfigError, StoreError
from company.orders import people
from company.orders.office import Office
from company.store.opening import open_store
from company.store.seeding import seed_if_new

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS: Final = 1500  # Slack waits 3 s for an answer
CALL_TIMEOUT_S: Final = 10
PAIRING_LOOK_S: Final = 60.0
CONFIG_LOOK_S: Final = 5.0
AGAIN_S: Final = 1.0
#: Slack's answers after which trying again is useless
_HOPELESS: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
)
FAILED_WORDS: Final = "Something of mine failed; it stands in logs/bot.log. Nothing was changed by it."


class Bot:
    """One company's bot."""

    def __init__(self, watch: ConfigWatch, settings: SlackSettings, clock: Clock | None = None) -> None:
        """Open the books. Raises ConfigError, SchemaDrift, StoreUnavailable."""
        self._watch, self._settings, self._clock = watch, settings, clock or SystemClock()
        config = watch.current()
        config.folders.state.mkdir(parents=True, exist_ok=True)
        self.store = open_store(
            config.database.url,
            sqlite_path=config.folders.state / "agent-service.db",
            clock=self._clock,
            busy_timeout_ms=BUSY_TIMEOUT_MS,
        )
        seed_if_new(self.store, config)
        self.client = AsyncWebClient(
            token=settings.bot_token,
            base_url=settings.base_url,
            timeout=CALL_TIMEOUT_S,
            # Not the SDK's own: after a reset it would post again what had arrived.
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
        )
        self._recorder = Recorder(
            self.office(), Spool(config.folders.state / "bot-spool.jsonl"), prefix=config.slack.command_prefix
        )
        self.desk = Desk(self.office, self.client, Identity(self.office, self.client))
        self._carrier = Carrier(self.desk, self._recorder)
        self.app = self._make_app()
        self._backfill = Backfill(self.office, self.client, self._dispatch)
        self._delivery = Delivery(self.office, self.client)
        self._workspace_id = ""
        self._connected = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: Socket | None = None
        self._http: web.AppRunner | None = None

    def office(self) -> Office:
        """Return where orders are given, with the configuration in force."""
        return Office(self.store, self._watch.current(), self._clock)

    async def start(self) -> None:
        """Introduce ourselves to Slack and begin to listen. Raises ConfigError where Slack does not know the token."""
        # A session of our own: without one the SDK opens a connection for each call.
        self.client.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S))
        me = await self._introduce()
        self._workspace_id = str(me["team_id"])
        if self._settings.is_local:
            await self._seed_local_roles()
        await self._print_pairing_code(is_start=True)
        await self._listen()
        for work in (
            self._replay,
            self._backfill.keep_marks,
            self._catch_up,
            self._keep_pairing,
            self._follow_config,
            self._delivery.run,
        ):
            self._tasks.append(asyncio.create_task(_kept_running(work)))

    async def stop(self) -> None:
        """Stop listening, let what is under way come to its end for a moment, and close the books."""
        if self._socket is not None:
            await self._socket.close()
        if self._http is not None:
            await self._http.cleanup()
        await self._carrier.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(StoreError):
            await self._backfill.flush()
        if self.client.session is not None:
            await self.client.session.close()
        self._recorder.close()
        self.store.close()

    async def _replay(self) -> None:
        await self._recorder.replay(self._dispatch)

    def _make_app(self) -> AsyncApp:
        app = AsyncApp(
            client=self.client,
            signing_secret=self._settings.signing_secret,
            process_before_response=True,
            logger=logging.getLogger("bot.bolt"),
        )

        @app.middleware
        async def mark(body: dict[str, Any], next: Any) -> None:
            self._backfill.note(body)
            await next()

        app.middleware(self._recorder.middleware)
        listeners.register(app, self._carrier)

        @app.error
        async def failed(error: Exception, body: Mapping[str, Any]) -> BoltResponse:
            log.error("an envelope failed before it was acknowledged", exc_info=error)
            return BoltResponse(status=200, body=FAILED_WORDS if "command" in body else "")

        return app

    async def _introduce(self) -> Mapping[str, Any]:
        """Ask Slack who we are, until it answers."""
        while True:
            try:
                return dict((await self.client.auth_test()).data)  # type: ignore[arg-type] # JSON, never bytes
            except SlackApiError as error:
                code = str(error.response.get("error"))
                if code in _HOPELESS:
                    raise ConfigError(
                        self._watch.current().path,
                        "SLACK_BOT_TOKEN",
                        f"Slack answers {code}",
                        mend="take the token of the app's page OAuth & Permissions; agent-service doctor says more",
                    ) from error
                log.warning("Slack does not say who we are (%s); asked again", code)
            except SLACK_TROUBLE as trouble:
                log.log(
                    logging.INFO
                    if self._settings.is_local
                    else logging.WARNING,  # the local one may be starting still
                    "Slack cannot be reached (%s); tried again",
                    trouble,
                )
            await asyncio.sleep(0.2 if self._settings.is_local else 2.0)

    async def _listen(self) -> None:
        config = self._watch.current().slack
        if config.mode == "socket" or self._settings.is_local:
            self._socket = Socket(
                self.app,
                app_token=self._settings.app_token,
                base_url=self._settings.base_url,
                on_connected=self._connected.set,
            )
            await self._socket.connect()
            return
        self._http = web.AppRunner(self.app.web_app(path="/slack/events"))
        await self._http.setup()
        await web.TCPSite(self._http, config.http_host, config.http_port).start()
        self._connected.set()

    async def _dispatch(self, body: dict[str, Any]) -> int:
        """Send a payload through the app as if it had come by the socket; return the status."""
        request = AsyncBoltRequest(mode="socket_mode", body=body, headers={REPLAYED: ["1"]})
        return (await self.app.async_dispatch(request)).status

    async def _catch_up(self) -> None:
        """After each connect, read what was said before it."""
        while True:
            await self._connected.wait()
            self._connected.clear()
            try:
                count = await self._backfill.read_on(self._workspace_id)
                log.info("connected; %d messages were read from the histories", count)
            except (AgentServiceError, *SLACK_TROUBLE) as trouble:
                log.warning("the histories could not be read: %s", trouble)

    async def _seed_local_roles(self) -> None:
        members = (await self.client.users_list()).get("members") or ()
        ids = [str(one["id"]) for one in members if not one.get("is_bot") and one["id"] != "USLACKBOT"]
        await asyncio.to_thread(people.seed_local_roles, self.office(), self._workspace_id, ids)

    async def _print_pairing_code(self, *, is_start: bool) -> None:
        """Print a code while there is no CEO: a new one at each start, because only its hash is kept."""
        office = self.office()
        if not await asyncio.to_thread(people.is_without_ceo, office, self._workspace_id):
            return
        make = people.renew_pairing_code if is_start else people.new_pairing_code
        code = await asyncio.to_thread(make, office, self._workspace_id)
        if code is not None:
            log.warning(
                "nobody is CEO yet. Send the bot, in a direct message:  pair %s  (good for a day)", code
            )

    async def _keep_pairing(self) -> None:
        while True:
            await asyncio.sleep(PAIRING_LOOK_S)
            with contextlib.suppress(StoreError):
                await self._print_pairing_code(is_start=False)

    async def _follow_config(self) -> None:
        while True:
            await asyncio.sleep(CONFIG_LOOK_S)
            try:
                await asyncio.to_thread(self._watch.refresh)
            except ConfigError as error:
                log.warning("config.yaml was changed and is not used: %s", error)


async def _kept_running(work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work``, which has no end, again and again: a fault in one look must not be the last look."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("a part of the bot failed, and begins again")
        await asyncio.sleep(AGAIN_S)
