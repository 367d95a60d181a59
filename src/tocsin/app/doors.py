"""The doors of a node, by its roles."""

from dataclasses import replace

from tocsin.actions.actor import Permission
from tocsin.app.accounts import bot_of, provider_of, twilio_of
from tocsin.dialects.cloud_manager.door import cloud_manager_door
from tocsin.dialects.datadog.door import datadog_door
from tocsin.dialects.digitalocean.door import digitalocean_door
from tocsin.dialects.grafana_oncall.door import grafana_oncall_door
from tocsin.dialects.guance.door import guance_door
from tocsin.dialects.native.door import native_door
from tocsin.httpkit.doors import Door, Kit
from tocsin.replies import links, push, telegram, twilio
from tocsin.replies import routes as replies
from tocsin.replies.answers import PageAnswers
from tocsin.settings import Settings, table
from tocsin.sources.grafana_oncall import oncall_address_door
from tocsin.sources.registry import inlets
from tocsin.sources.routes import integration_door
from tocsin.web.door import web_door
from tocsin.web.live import Live


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
            datadog_door(kit),
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
