"""What stands behind the links: the pages of a workspace, looked at and answered in a person's name."""

from datetime import datetime
from typing import assert_never

from tocsin.actions import answering
from tocsin.channels.base import AlertLine
from tocsin.core.alert import Alert
from tocsin.core.errors import NotFound
from tocsin.core.ids import PageId, UserId
from tocsin.core.spelling import native
from tocsin.replies.links import Grant, Reply
from tocsin.replies.page import ALERTS_SHOWN_MAX, Standing
from tocsin.world import Tx, World


class PageAnswers:
    """Looks at pages and answers them, each time in one transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def look(self, grant: Grant, now: datetime) -> Standing:
        """Say how things stand; change nothing."""
        del now
        user, page = _named(grant)
        return await self._world.database.read(lambda tx: _standing(tx, grant, user, page))

    async def act(self, grant: Grant, comment: str, now: datetime) -> Standing:
        """Do what *grant* says, once or again, and say how things stand then."""
        user, page = _named(grant)

        def action(tx: Tx) -> Standing:
            match grant.reply:
                case Reply.ACKNOWLEDGE:
                    answering.acknowledge(tx, grant.workspace, user, page, comment=comment, now=now)
                case Reply.RESOLVE:
                    answering.resolve(tx, grant.workspace, user, page, now=now)
                case Reply.DECLINE:
                    answering.decline(tx, grant.workspace, user, page, now=now)
                case _:
                    assert_never(grant.reply)
            return _standing(tx, grant, user, page)

        return await self._world.database.write(action)


def _named(grant: Grant) -> tuple[UserId, PageId]:
    if grant.user is None or grant.page is None:
        raise NotFound("page", "of this link")
    return grant.user, grant.page


def _standing(tx: Tx, grant: Grant, user: UserId, page: PageId) -> Standing:
    found = answering.look(tx, grant.workspace, user, page, alerts_max=ALERTS_SHOWN_MAX)
    held = next((each.acknowledgement for each in found.alerts if each.acknowledgement is not None), None)
    return Standing(
        title=found.page.title,
        severity=found.page.severity,
        status=found.page.status,
        service=found.service,
        who=found.user.display_name,
        alerts=tuple(map(_line, found.alerts)),
        total=found.page.alerts,
        acknowledged_by=(held.by_name or "its source") if held else "",
        acknowledged_at=held.at if held else None,
        time_zone=found.user.time_zone,
        drill=found.page.drill,
    )


def _line(alert: Alert) -> AlertLine:
    held = alert.acknowledgement
    return AlertLine(
        id=native("alert", alert.id),
        title=alert.title,
        severity=alert.severity,
        status=alert.status,
        message=alert.message,
        labels=alert.labels,
        opened_at=alert.opened_at,
        links=alert.links,
        acknowledged_by=(held.by_name or "its source") if held else "",
    )
