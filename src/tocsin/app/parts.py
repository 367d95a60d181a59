"""What runs beside the requests: our word that we are here, and everything that keeps time or sends."""

from datetime import timedelta

from tocsin.app.accounts import bot_of, twilio_of
from tocsin.channels.registry import connected
from tocsin.core.notification import Notification
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
from tocsin.httpkit.doors import Kit
from tocsin.httpkit.health import Part
from tocsin.httpkit.operator_mail import operator_mail
from tocsin.replies import links, push, twilio
from tocsin.settings import Settings
from tocsin.web.first_start import Invitation
from tocsin.world import World


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
