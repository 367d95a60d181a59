"""A page made by Datadog's own client reaches people by real mail, goes on, and stops."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v2.api.on_call_paging_api import OnCallPagingApi

from acceptance.datadog_client import client_of, dd, parsed
from acceptance.peers import Mail, MailCatcher
from acceptance.servers import tocsin
from acceptance.test_datadog_people import Vendor, routing
from tocsin.core.spelling import from_uuid, native


@pytest.fixture(scope="module")
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as catcher:
        yield catcher


@pytest.fixture(scope="module")
def vendor(mail, tmp_path_factory) -> Iterator[Vendor]:
    data = tmp_path_factory.mktemp("pages") / "tocsin"
    with tocsin(data, TOCSIN_SMTP_URL=mail.url) as server, client_of(server) as client:
        yield Vendor(server=server, client=client)


def page(target: str, identifier: str, title: str, urgency: str = "high", **more: Any) -> Any:
    """Make the request for a page."""
    whom = dd.CreatePageRequestDataAttributesTarget(
        type=dd.OnCallPageTargetType(target), identifier=identifier
    )
    return dd.CreatePageRequest(
        data=dd.CreatePageRequestData(
            type=dd.CreatePageRequestDataType.PAGES,
            attributes=dd.CreatePageRequestDataAttributes(
                title=title, urgency=dd.PageUrgency(urgency), target=whom, **more
            ),
        )
    )


def to(address: str, *, about: str):
    """Tell mails to *address* about something."""

    def fits(mail: Mail) -> bool:
        return mail.recipients == (address,) and about in mail.subject

    return fits


def test_a_page_reaches_who_is_on_call_by_their_rules_goes_on_and_stops_on_acknowledge(vendor, mail):
    ana, ben = vendor.user("Ana"), vendor.user("Ben")
    night = vendor.email_channel(ana.id, "ana@night.example")
    vendor.rule(ana.id, night.id)
    team = vendor.team(ana.id)
    rule = dd.TeamRoutingRulesRequestRule(policy_id=vendor.policy(ana.id, ben.id))
    vendor.on_call.set_on_call_team_routing_rules(team.id, body=routing(rule))
    api = OnCallPagingApi(vendor.client)

    handle = team.attributes.handle
    made = parsed(
        api.create_on_call_page(
            body=page("team_handle", handle, "Disk full", tags=["env:prod"], description="db-1")
        )
    )
    mail.mails.wait(1, that=to("ana@night.example", about="Disk full"))
    page_id = native("page", from_uuid(made.data.id))
    seen = vendor.server.call("GET", f"pages/{page_id}").json()
    api.escalate_on_call_page(UUID(made.data.id))
    mail.mails.wait(1, that=to(ben.attributes.email, about="Disk full"))
    api.acknowledge_on_call_page(UUID(made.data.id))
    acknowledged = vendor.server.call("GET", f"pages/{page_id}").json()
    api.resolve_on_call_page(UUID(made.data.id))
    mail.mails.wait(1, that=to("ana@night.example", about="[Resolved] Disk full"))
    api.acknowledge_on_call_page(UUID(made.data.id))
    resolved = vendor.server.call("GET", f"pages/{page_id}").json()
    story = vendor.server.call("GET", f"pages/{page_id}/timeline").json()["timeline"]

    assert seen["importance"] == "important"
    (alert,) = vendor.server.call("GET", f"pages/{page_id}/alerts").json()["alerts"]
    assert alert["labels"] == {"env": "prod", "team": handle}
    assert (acknowledged["status"], acknowledged["next_at"]) == ("acknowledged", None)
    assert resolved["status"] == "resolved"
    assert story
    assert not list(filter(to(ana.attributes.email, about="Disk full"), mail.mails))


def test_a_user_is_paged_directly_and_low_urgency_goes_by_their_other_rules(vendor, mail):
    cleo = vendor.user("Cleo")
    day = vendor.email_channel(cleo.id, "cleo@day.example")
    vendor.rule(cleo.id, day.id, 0, "low_urgency")
    api = OnCallPagingApi(vendor.client)

    made = parsed(api.create_on_call_page(body=page("user_id", cleo.id, "Look", "low")))

    mail.mails.wait(1, that=to("cleo@day.example", about="Look"))
    assert not list(filter(to(cleo.attributes.email, about="Look"), mail.mails))
    api.resolve_on_call_page(UUID(made.data.id))


def test_pages_that_cannot_be_are_refused_and_leave_no_alert(vendor):
    api, team = OnCallPagingApi(vendor.client), vendor.team().id
    before = vendor.server.call("GET", "alerts").json()["total"]

    for target, identifier in (("team_id", team), ("team_handle", "nobody"), ("user_id", team)):
        with pytest.raises(ApiException) as refused:
            api.create_on_call_page(body=page(target, identifier, "Never"))
        assert refused.value.status == 400
    with pytest.raises(NotFoundException) as unknown:
        api.acknowledge_on_call_page(UUID(team))

    assert unknown.value.body["errors"][0]["detail"] == f"page[{team}] not found"
    assert vendor.server.call("GET", "alerts").json()["total"] == before
