"""A node put together whole, from its settings."""

from tocsin.app.application import App
from tocsin.app.doors import doors_of
from tocsin.app.parts import parts_of
from tocsin.dialects.native.events import express
from tocsin.httpkit.doors import Kit
from tocsin.httpkit.outbound import OutboundWire
from tocsin.settings import Settings
from tocsin.sources import native
from tocsin.web.live import Live
from tocsin.world import Lease, World


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
