"""``/alerts/{id}``: one alert, its story with every reason, and what people may do about it."""

from datetime import datetime

from starlette.responses import RedirectResponse, Response

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.ids import AlertId, PageId
from tocsin.core.people import User
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import must_be_still, signed_in
from tocsin.web.forms import identifier
from tocsin.web.live import Live, stream
from tocsin.web.receivers import receivers_of
from tocsin.web.rendering import fragment, page
from tocsin.web.seen import look
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")


def routes(live: Live) -> Routes:
    """Make the routes that show alerts."""
    own = Routes("", tag="Pages")

    @own.get("/alerts/{alert_id}", permission=Permission.READ, summary="Show an alert", hidden=True)
    async def show_alert(call: Call) -> Response:
        """Show one alert."""
        alert = AlertId(identifier(call.params["alert_id"], "alert"))
        user = signed_in(call.request).user
        seen = await call.ask(look, alert, call.now)
        may_answer = call.actor.may(Permission.RESPOND)
        receivers = receivers_of(await call.directory()) if may_answer else {}
        return page(
            "alert.html", now=call.now, user=user, seen=seen, may_answer=may_answer, receivers=receivers
        )

    @own.get(
        "/alerts/{alert_id}/live", permission=Permission.READ, summary="See an alert change", hidden=True
    )
    async def follow_alert(call: Call) -> Response:
        """Stream what an alert's page shows, each time that it changes."""
        alert = AlertId(identifier(call.params["alert_id"], "alert"))
        user = signed_in(call.request).user
        await call.ask(history.find_alert, alert)

        async def show() -> str:
            return await call.ask(_rewritten, user, alert, now=call.world.now())

        return stream(live.beats((alert, user.id, user.time_zone, user.role), show))

    return own


@ROUTES.get(
    "/alerts/{alert_id}/export", permission=Permission.READ, summary="Give an alert to keep", hidden=True
)
async def export_alert(call: Call) -> Response:
    """Give an alert's whole story as one file that needs nothing beside it."""
    alert = AlertId(identifier(call.params["alert_id"], "alert"))
    seen = await call.ask(look, alert, call.now)
    user = signed_in(call.request).user
    answer = page("alert_export.html", now=call.now, user=user, seen=seen)
    answer.headers["content-disposition"] = f'attachment; filename="{seen.row.id}.html"'
    return answer


@ROUTES.get("/pages/{page_id}", permission=Permission.READ, summary="Go to a page's alert", hidden=True)
async def show_page(call: Call) -> Response:
    """Lead to the alert of a page, or to what is burning when it has several."""
    found = PageId(identifier(call.params["page_id"], "page"))
    listed = await call.ask(history.list_alerts, page=found, limit=2)
    if len(listed.items) != 1:
        return RedirectResponse("/now", 303)
    seen = await call.ask(look, listed.items[0].id, call.now)
    return RedirectResponse(seen.row.url, 303)


def _rewritten(tx: Tx, actor: Actor, user: User, alert_id: AlertId, *, now: datetime) -> str:
    """Write the page's live part anew, for as long as *user* is who they were."""
    must_be_still(history.directory(tx, actor), user)
    seen, may_answer = look(tx, actor, alert_id, now), actor.may(Permission.RESPOND)
    return fragment("alert_live.html", now=now, user=user, seen=seen, may_answer=may_answer)
