"""The composition: a world, doors and parts in, one ASGI application out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog
from starlette.types import Receive, Scope, Send

from tocsin.actions import nodes
from tocsin.actions.actor import Permission
from tocsin.channels.registry import connected
from tocsin.channels.telegram import Bot
from tocsin.channels.twilio import Twilio
from tocsin.core.notification import Notification
from tocsin.dialects.cloud_manager.door import cloud_manager_door
from tocsin.dialects.datadog.door import datadog_door
from tocsin.dialects.digitalocean.door import digitalocean_door
from tocsin.dialects.grafana_oncall.door import grafana_oncall_door
from tocsin.dialects.guance.door import guance_door
from tocsin.dialects.native.door import native_door
from tocsin.dialects.native.events import express
from tocsin.engine.compose import Links
from tocsin.engine.deliver import Deliverer
from tocsin.engine.embedding import Endpoint, Model
from tocsin.engine.gather import Gatherer
from tocsin.engine.local_model import Local
from tocsin.engine.metrics import EngineMetrics
from tocsin.engine.node import Node
from tocsin.engine.presence import Presence
from tocsin.engine.pump import Pump
from tocsin.engine.sweep import Sweep
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.express import Express
from tocsin.httpkit.front import Front
from tocsin.httpkit.health import Part, Readiness, health_door
from tocsin.httpkit.operator_mail import operator_mail
from tocsin.httpkit.outbound import OutboundWire
from tocsin.httpkit.server import calm_collector
from tocsin.replies import links, push, telegram, twilio
from tocsin.replies import routes as replies
from tocsin.replies.answers import PageAnswers
from tocsin.settings import Settings, table
from tocsin.sources import native
from tocsin.sources.grafana_oncall import oncall_address_door
from tocsin.sources.registry import inlets
from tocsin.sources.routes import integration_door
from tocsin.web.door import web_door
from tocsin.web.first_start import Invitation
from tocsin.web.live import Live
from tocsin.web.oidc import Provider
from tocsin.world import Lease, World

GOODBYE_WITHIN_S = 2

Close = Callable[[], Awaitable[None]]
_log = structlog.get_logger(__name__)


class App:
    """One node: its doors for HTTP, and the parts that run beside them.

    *express* routes are taken before any other; a server that knows the *rides*, by their address, need not
    even come here. *closing* is called last, when nothing runs any more.
    """

    def __init__(
        self,
        kit: Kit,
        settings: Settings,
        *,
        doors: Sequence[Door] = (),
        express: Sequence[Express] = (),
        parts: Sequence[Part] = (),
        closing: Sequence[Close] = (),
        parting: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._kit = kit
        self._node = settings.node_name
        self._parts = parts
        self._closing = closing
        self._parting = parting
        self._started: list[Part] = []
        self._watch: asyncio.Task[None] | None = None
        self._express = {(way.method, way.path): way for way in express}
        self._shortcuts = [door.shortcut for door in doors if door.shortcut is not None]
        self.rides = {way.path.encode(): way for way in express}
        readiness = Readiness(kit.world, self._node, parts)
        health = health_door(kit, readiness, metrics_token=settings.metrics_token)
        self._front = Front(kit, (health, *doors))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's own start and stop."""
        if scope["type"] == "http":
            express = self._express.get((scope["method"], scope["path"]))
            if express is not None and express.takes(scope):
                await express(scope, receive, send)
            else:
                ways = (shortcut(scope) for shortcut in self._shortcuts)
                await next((way for way in ways if way is not None), self._front)(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def part(self) -> None:
        """Let go of those who would stay connected for as long as they may."""
        for let_go in self._parting:
            let_go()

    async def start(self) -> None:
        """Start the database's threads and every part; stop again what had started when one cannot."""
        self._kit.world.database.start()
        try:
            for part in self._parts:
                await part.start()
                self._started.append(part)
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._kit.metrics.watch_loop(), name="tocsin-loop-lag")
        calm_collector()
        _log.info("started", node=self._node, engine=self._kit.world.database.engine)

    async def stop(self) -> None:
        """Stop every part, the last one first, say good-bye to the other nodes, and close the database.

        What one of them raises is logged and does not keep the others from being stopped. What is only closed
        is not waited for: a receiver that reads no more would hold the connection to it open for ever.
        """
        _log.info("stopping", node=self._node)
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait((self._watch,))
        while self._started:
            await _calmly(self._started.pop().stop())
        self._kit.tokens.close()
        world, node = self._kit.world, self._node
        await _calmly(
            asyncio.wait_for(world.database.write(lambda tx: nodes.leave(tx, node)), GOODBYE_WITHIN_S)
        )
        for close in self._closing:
            await _calmly(asyncio.wait_for(close(), GOODBYE_WITHIN_S))
        await asyncio.to_thread(world.database.close)
        _log.info("stopped", node=node)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:  # noqa: BLE001  # the server is told, and ends
            _log.error("cannot start", exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})


def assemble(settings: Settings) -> App:
    """Open the real world that *settings* describe, and put the whole node into it."""
    lease = Lease()
    wire = OutboundWire(
        allow=settings.outbound_allow,
        smtp_url=settings.smtp_url,
        term=lambda: lease.claimed,
        may_begin=lease.holds,
    )
    world = World.real(settings, wire, lease=lease)
    kit = Kit.of(world, settings, read_events=native.parse)
    live = Live(world)
    return App(
        kit,
        settings,
        doors=doors_of(kit, settings, live),
        express=(express(kit),) if "ingest" in settings.roles else (),
        parts=parts_of(kit, settings),
        closing=(wire.close,),
        parting=(live.end,),
    )


def doors_of(kit: Kit, settings: Settings, live: Live) -> tuple[Door, ...]:
    """Build the doors of a node with these roles.

    What monitors report to is what a key for reporting opens: those routes of our own API, and the addresses
    of integrations. The vendors' APIs are whole, or not there.
    """
    roles = settings.roles
    ours = native_door(kit, inlets=inlets(), public_url=settings.public_url)
    if "web" not in roles or "ingest" not in roles:
        reports = [route.permission is Permission.INGEST for route in ours.routes]
        wanted = "ingest" in roles
        kept = [route for route, reported in zip(ours.routes, reports, strict=True) if reported is wanted]
        ours = replace(ours, routes=tuple(kept) if set(roles) & {"web", "ingest"} else ())
    doors: tuple[Door, ...] = (ours,)
    if "web" in roles:
        doors += (
            datadog_door(kit, public_url=settings.public_url),
            digitalocean_door(kit, webhook_hosts=settings.slack_hosts),
            grafana_oncall_door(kit),
            guance_door(kit),
            cloud_manager_door(kit),
        )
    if "ingest" in roles:
        doors += (integration_door(kit), oncall_address_door(kit))
    if "web" in roles:
        doors += (reply_door(kit), *twilio_doors(kit, settings), *telegram_doors(kit, settings))
        doors += (web_door(kit, live, inlets(), tuple(table(settings)), provider=provider_of(settings)),)
    return doors


def reply_door(kit: Kit) -> Door:
    """Build the door to which the links in messages lead."""
    keys = kit.world.database.vault.derive(links.PURPOSE)
    return Door(
        name="replies",
        prefixes=(f"{links.PATH}/", f"{push.PATH}/"),
        routes=(*replies.reply_routes(PageAnswers(kit.world), keys), *push.push_routes(keys)),
        authenticate=kit.tokens.bearer,
        dress=replies.dress,
        guarded=False,
    )


def provider_of(settings: Settings) -> Provider | None:
    """Return the provider of OpenID Connect that *settings* name, if they do."""
    if not settings.oidc_issuer:
        return None
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        name=settings.oidc_name,
        scopes=settings.oidc_scopes,
    )


def twilio_of(settings: Settings) -> Twilio | None:
    """Return the account at Twilio that *settings* name, if they do."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_from):
        return None
    return Twilio(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        sender=settings.twilio_from,
        api_url=settings.twilio_api_url,
    )


def twilio_doors(kit: Kit, settings: Settings) -> tuple[Door, ...]:
    """Build the door that Twilio calls back at, where there is an account."""
    account, keys = twilio_of(settings), kit.world.database.vault.derive(links.PURPOSE)
    if account is None:
        return ()
    door = Door(
        name="twilio",
        prefixes=(f"{twilio.PATH}/",),
        routes=tuple(twilio.twilio_routes(account, settings.public_url, keys)),
        authenticate=kit.tokens.bearer,
        dress=replies.dress,
        guarded=False,
        any_media=True,
    )
    return (door,)


def bot_of(settings: Settings) -> Bot | None:
    """Return the bot at Telegram that *settings* name, if they do."""
    if not settings.telegram_bot_token:
        return None
    return Bot(
        token=settings.telegram_bot_token,
        api_url=settings.telegram_api_url,
        replies=settings.telegram_replies == "on",
    )


def telegram_doors(kit: Kit, settings: Settings) -> tuple[Door, ...]:
    """Build the door to which Telegram hands on what people answer, where it does."""
    bot = bot_of(settings)
    if bot is None or not bot.replies:
        return ()
    secrets = telegram.secrets_of(kit.world.database.vault.derive(telegram.PURPOSE))
    door = Door(
        name="telegram",
        prefixes=(f"{telegram.PATH}/",),
        routes=tuple(telegram.telegram_routes(secrets)),
        authenticate=kit.tokens.bearer,
        dress=replies.dress,
        guarded=False,
    )
    return (door,)


def parts_of(kit: Kit, settings: Settings) -> tuple[Part, ...]:
    """Put together what runs beside the requests: our word that we are here, which sets the clock, first."""
    metrics = EngineMetrics(kit.metrics.registry)
    kit.world.database.on_count(metrics.count)
    presence = Presence(kit.world, node=settings.node_name, roles=settings.roles, metrics=metrics)
    invited = (Invitation(kit.world, settings.public_url),) if "web" in settings.roles else ()
    return presence, engine_of(kit, settings, metrics), *invited


def engine_of(kit: Kit, settings: Settings, metrics: EngineMetrics) -> Node:
    """Put together everything of this node that keeps time or sends."""
    world = kit.world
    carrier = twilio_of(settings)
    deliverer = Deliverer(
        world,
        connected(
            *((carrier,) if carrier is not None else ()),
            push_contact=settings.push_contact,
            bot=bot_of(settings),
        ),
        node=settings.node_name,
        links=links_of(world, settings),
        sender=settings.mail_from,
        metrics=metrics,
    )
    sweep = Sweep(
        world,
        keep_events=timedelta(days=settings.retention_events_days),
        keep_alerts=timedelta(days=settings.retention_alerts_days),
    )
    return Node(
        world,
        name=settings.node_name,
        roles=settings.roles,
        pump=Pump(world, metrics),
        deliverer=deliverer,
        sweep=sweep,
        gatherer=Gatherer(world, _model(world, settings), bound=settings.meaning_bound / 100),
        metrics=metrics,
        tell_operator=operator_mail(settings, world.now),
    )


def _model(world: World, settings: Settings) -> Model | None:
    """Find the model that tells what texts mean, if there is one."""
    if settings.meaning_url:
        return Endpoint(
            world.wire, url=settings.meaning_url, key=settings.meaning_key, model=settings.meaning_model
        )
    return Local(settings.meaning_folder) if settings.meaning_folder is not None else None


def links_of(world: World, settings: Settings) -> Links:
    """Make what a message's links are made with: whoever is asked can answer by theirs, for a while."""
    keys = world.database.vault.derive(links.PURPOSE)

    def token(word: str, notification: Notification) -> str:
        grant = links.Grant(
            reply=links.Reply(word),
            workspace=notification.workspace,
            notification=notification.id,
            user=notification.user,
            page=notification.page,
            expires_at=world.now() + links.LIFETIME,
        )
        return links.sign(grant, keys)

    def answer(word: str, notification: Notification) -> str:
        return links.link(settings.public_url, token(word, notification))

    def callback(notification: Notification) -> str:
        path = {"sms": twilio.PATH, "voice": twilio.PATH, "push": push.PATH}.get(notification.channel)
        return f"{settings.public_url}{path}/{token('acknowledge', notification)}" if path else ""

    return Links(public_url=settings.public_url, answer=answer, callback=callback)


async def _calmly(stopping: Awaitable[object]) -> None:
    try:
        await stopping
    except Exception as error:  # noqa: BLE001  # the rest must be stopped too
        _log.error("could not stop in order", exc_info=error)
