"""Datadog's own client against a Tocsin that runs: schedules, who is on call, escalation policies."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client.exceptions import ApiException, ForbiddenException, NotFoundException
from datadog_api_client.v2.api.on_call_api import OnCallApi

from acceptance.company import hire, make
from acceptance.datadog_client import client_of, dd, parsed, uuid
from acceptance.peers import http
from acceptance.servers import Tocsin, tocsin

NOW = datetime.now(UTC).replace(microsecond=0)  # the server lives in our time
EVERYTHING = "teams,layers,layers.members,layers.members.user"
ALL_STEPS = "teams,steps,steps.targets"


@dataclass(frozen=True, kw_only=True)
class Company:
    """A server with people and a team, and the vendor's client for it."""

    server: Tocsin
    api: OnCallApi
    ana: str
    ben: str
    team: str


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    with tocsin(tmp_path_factory.mktemp("datadog") / "tocsin") as server, client_of(server) as client:
        ana, ben = (hire(server, name) for name in ("Ana", "Ben"))
        team = make(server, "teams", name="Ops", members=[{"user_id": ana}, {"user_id": ben}])["id"]
        yield Company(server=server, api=OnCallApi(client), ana=uuid(ana), ben=uuid(ben), team=uuid(team))


def member(user: str | None = None) -> Any:
    if user is None:
        return dd.ScheduleRequestDataAttributesLayersItemsMembersItems()
    who = dd.ScheduleRequestDataAttributesLayersItemsMembersItemsUser(id=user)
    return dd.ScheduleRequestDataAttributesLayersItemsMembersItems(user=who)


def office_hours() -> Any:
    return dd.TimeRestriction(
        start_day=dd.Weekday.MONDAY, start_time="09:00:00", end_day=dd.Weekday.FRIDAY, end_time="17:00:00"
    )


def teams(*ids: str) -> Any:
    kind = dd.DataRelationshipsTeamsDataItemsType.TEAMS
    return dd.DataRelationshipsTeams(
        data=[dd.DataRelationshipsTeamsDataItems(id=each, type=kind) for each in ids]
    )


def layer(kind: Any, *users: str | None, **more: Any) -> Any:
    """Make a layer that hands over every hour, a quarter past; *kind* is the client's model for it."""
    begins = (NOW - timedelta(days=10)).replace(minute=15, second=0)
    values = {
        "name": "Hourly",
        "effective_date": begins,
        "rotation_start": begins,
        "interval": dd.LayerAttributesInterval(seconds=3_600),
        "members": [member(user) for user in users],
    }
    return kind(**(values | more))


def creation(name: str, *users: str | None, owners: tuple[str, ...] = (), **more: Any) -> Any:
    first = layer(dd.ScheduleCreateRequestDataAttributesLayersItems, *users, **more)
    return dd.ScheduleCreateRequest(
        data=dd.ScheduleCreateRequestData(
            type=dd.ScheduleCreateRequestDataType.SCHEDULES,
            attributes=dd.ScheduleCreateRequestDataAttributes(
                name=name, time_zone="America/New_York", layers=[first]
            ),
            relationships=dd.ScheduleCreateRequestDataRelationships(teams=teams(*owners)),
        )
    )


def kinds(answer: Any) -> dict[str, list[Any]]:
    """Sort what is included by the model that the client made of it."""
    found: dict[str, list[Any]] = {}
    for each in answer.included:
        one = each.get_oneof_instance()
        found.setdefault(type(one).__name__, []).append(one)
    return found


def test_a_schedule_lives_its_life(company):
    api, more = company.api, {"restrictions": [office_hours()], "time_zone": "Europe/Madrid"}
    body = creation("Life", company.ana, None, company.ben, owners=(company.team,), **more)

    made = parsed(api.create_on_call_schedule(body=body, include=EVERYTHING))
    read = parsed(api.get_on_call_schedule(made.data.id, include=EVERYTHING))

    assert made.data == read.data
    found = kinds(read)
    assert {name: len(each) for name, each in found.items()} == {
        "TeamReference": 1,
        "Layer": 1,
        "ScheduleMember": 2,
        "ScheduleUser": 2,
    }
    (first,) = found["Layer"]
    assert first.attributes.effective_date == body.data.attributes.layers[0].effective_date
    assert [each.id for each in first.relationships.members.data] == [
        f"{first.id}-member-{number}" for number in (1, 2, 3)
    ]

    changed = parsed(
        api.update_on_call_schedule(
            made.data.id,
            include="layers",
            body=dd.ScheduleUpdateRequest(
                data=dd.ScheduleUpdateRequestData(
                    id=made.data.id,
                    type=dd.ScheduleUpdateRequestDataType.SCHEDULES,
                    attributes=dd.ScheduleUpdateRequestDataAttributes(
                        name="Life 2",
                        time_zone="UTC",
                        layers=[
                            layer(
                                dd.ScheduleUpdateRequestDataAttributesLayersItems,
                                company.ben,
                                id=first.id,
                                interval=dd.LayerAttributesInterval(seconds=300),
                                end_date=NOW + timedelta(days=10),
                            )
                        ],
                    ),
                )
            ),
        )
    )
    assert [each.id for each in changed.included] == [first.id]
    assert changed.data.relationships.teams.data == []
    assert changed.included[0].attributes.interval.seconds == 300

    api.delete_on_call_schedule(made.data.id)
    with pytest.raises(NotFoundException):
        api.get_on_call_schedule(made.data.id)


def test_schedules_are_listed_page_by_page(company):
    api = company.api
    made = [
        parsed(
            api.create_on_call_schedule(body=creation(f"List {n}", company.ana, owners=(company.team,)))
        ).data.id
        for n in range(5)
    ]

    page = parsed(
        api.list_on_call_schedules(page_size=2, page_number=1, filter_query="list", include="teams")
    )
    walked = [
        each.id for each in api.list_on_call_schedules_with_pagination(page_size=2, filter_query="list")
    ]
    found = parsed(
        api.list_on_call_schedules(filter_query=f"team.id:{company.team} user.id:{company.ana} *4")
    )

    assert [each.id for each in page.data] == made[2:4]
    assert (page.meta.page.total, page.meta.page.next_number, page.meta.page.prev_number) == (5, 2, 0)
    assert [each.attributes.handle for each in page.included] == ["ops"]
    assert walked == made
    assert [each.id for each in found.data] == made[4:]
    for each in made:
        api.delete_on_call_schedule(each)


@pytest.mark.filterwarnings("ignore:get_schedule_on_call_user is deprecated")
def test_who_is_on_call_is_told_and_so_is_who_was_and_will_be(company):
    api = company.api
    body = creation("Duty", company.ana, company.ben, time_zone="Asia/Kolkata")
    schedule = parsed(api.create_on_call_schedule(body=body)).data.id
    at = NOW.replace(minute=30, second=0)

    shift = parsed(api.get_schedule_on_call_user(schedule, include="user", filter_at_ts=at.isoformat()))
    every = "schedule,responders,responders.shifts,responders.shifts.user"
    told = parsed(
        api.get_schedule_on_call_responders(
            schedule,
            include=every,
            filter_position="previous,current,next",
            filter_at_ts=at.isoformat().replace("+00:00", "Z"),
        )
    )

    assert shift.data.attributes.start == at.replace(minute=15)
    assert shift.data.attributes.start.utcoffset() == timedelta(hours=5, minutes=30)
    assert shift.data.attributes.end == at.replace(minute=15) + timedelta(hours=1)
    assert [each.id for each in shift.included] == [shift.data.relationships.user.data.id]
    found = kinds(told)
    assert {name: len(each) for name, each in found.items()} == {
        "ScheduleData": 1,
        "ScheduleOnCallResponderData": 3,
        "ShiftData": 3,
        "User": 2,
    }
    assert [str(each.attributes.position) for each in found["ScheduleOnCallResponderData"]] == [
        "previous",
        "current",
        "next",
    ]
    assert [each.relationships.user.data.id for each in found["ShiftData"]][1] == shift.included[0].id
    assert told.data.attributes.scheduled_at == at
    assert (
        parsed(api.get_schedule_on_call_responders(schedule)).data.relationships.schedule.data.id == schedule
    )


@pytest.mark.filterwarnings("ignore:get_schedule_on_call_user is deprecated")
def test_nobody_on_call_is_nobody(company):
    schedule = company.api.create_on_call_schedule(body=creation("Nobody", None)).data.id

    shift = parsed(company.api.get_schedule_on_call_user(schedule))
    told = parsed(company.api.get_schedule_on_call_responders(schedule, include="responders.shifts.user"))

    assert shift.data is None
    assert (told.data.relationships.responders.data, told.included) == ([], [])


def target(kind: str, identifier: str, position: Any = None) -> Any:
    types = dd.EscalationPolicyStepTargetType
    more = {}
    if position is not None:
        schedule = dd.EscalationPolicyStepTargetConfigSchedule(position=position)
        more = {"config": dd.EscalationPolicyStepTargetConfig(schedule=schedule)}
    return dd.EscalationPolicyStepTarget(type=getattr(types, kind.upper()), id=identifier, **more)


def test_an_escalation_policy_lives_its_life(company):
    api, positions = company.api, dd.ScheduleTargetPosition
    assignments = dd.EscalationPolicyStepAttributesAssignment
    schedule = api.create_on_call_schedule(body=creation("Asked", company.ana)).data.id
    steps = dd.EscalationPolicyCreateRequestDataAttributesStepsItems
    body = dd.EscalationPolicyCreateRequest(
        data=dd.EscalationPolicyCreateRequestData(
            type=dd.EscalationPolicyCreateRequestDataType.POLICIES,
            attributes=dd.EscalationPolicyCreateRequestDataAttributes(
                name="Ladder",
                resolve_page_on_policy_end=True,
                retries=2,
                steps=[
                    steps(
                        assignment=assignments.DEFAULT,
                        escalate_after_seconds=3_600,
                        targets=[
                            target("users", company.ana),
                            target("schedules", schedule),
                            target("schedules", schedule, positions.PREVIOUS),
                            target("schedules", schedule, positions.NEXT),
                            target("teams", company.team),
                        ],
                    ),
                    steps(assignment=assignments.ROUND_ROBIN, targets=[target("teams", company.team)]),
                ],
            ),
            relationships=dd.EscalationPolicyCreateRequestDataRelationships(teams=teams(company.team)),
        )
    )

    made = parsed(api.create_on_call_escalation_policy(body=body, include=ALL_STEPS))
    read = parsed(api.get_on_call_escalation_policy(made.data.id, include=ALL_STEPS))

    assert made == read
    found = kinds(read)
    assert {name: len(each) for name, each in found.items()} == {
        "TeamReference": 1,
        "EscalationPolicyStep": 2,
        "EscalationPolicyUser": 1,
        "ScheduleData": 1,
        "ConfiguredSchedule": 2,
    }
    first, second = found["EscalationPolicyStep"]
    assert [str(each.type) for each in first.relationships.targets.data] == [
        "users",
        "schedules",
        "schedule_target",
        "schedule_target",
        "teams",
    ]
    assert (first.attributes.escalate_after_seconds, second.attributes.escalate_after_seconds) == (3_600, 300)

    changed = parsed(
        api.update_on_call_escalation_policy(
            made.data.id,
            include=ALL_STEPS,
            body=dd.EscalationPolicyUpdateRequest(
                data=dd.EscalationPolicyUpdateRequestData(
                    id=made.data.id,
                    type=dd.EscalationPolicyUpdateRequestDataType.POLICIES,
                    attributes=dd.EscalationPolicyUpdateRequestDataAttributes(
                        name="Ladder 2",
                        steps=[
                            dd.EscalationPolicyUpdateRequestDataAttributesStepsItems(
                                id=second.id, targets=[target("schedules", schedule)]
                            )
                        ],
                    ),
                )
            ),
        )
    )
    assert [each.id for each in changed.data.relationships.steps.data] == [second.id]
    assert (changed.data.attributes.retries, changed.data.attributes.resolve_page_on_policy_end) == (0, False)

    with pytest.raises(ApiException) as refused:
        api.delete_on_call_schedule(schedule)
    assert (refused.value.status, f"schedule[{schedule}] is in use" in str(refused.value)) == (409, True)
    api.delete_on_call_escalation_policy(made.data.id)
    api.delete_on_call_schedule(schedule)
    with pytest.raises(NotFoundException):
        api.get_on_call_escalation_policy(made.data.id)


def test_refusals_are_what_the_client_expects(company):
    with pytest.raises(ApiException) as malformed:
        company.api.get_on_call_schedule("abc")
    with pytest.raises(NotFoundException) as unknown:
        company.api.get_on_call_schedule(company.team)
    with client_of(company.server, application_key="wrong") as client, pytest.raises(ForbiddenException):
        OnCallApi(client).get_on_call_schedule(company.team)

    assert malformed.value.status == 400
    assert malformed.value.body["errors"][0]["detail"] == 'attribute "uuid" [abc] is not a valid UUID'
    assert unknown.value.body["errors"] == [
        {"title": "Generic Error", "detail": f"schedule[{company.team}] not found"}
    ]


def test_a_schedule_made_by_the_client_answers_the_command_line_and_the_native_api(company):
    schedule = company.api.create_on_call_schedule(body=creation("Seen everywhere", company.ben)).data.id

    who = company.server.run(
        "who", "Seen everywhere", "--url", company.server.url, "--token", company.server.token
    )
    native = company.server.call("GET", f"schedules/{schedule}/on-call").json()

    assert who.returncode == 0, who.stderr
    assert "Ben" in who.stdout
    assert native["on_call"][0]["user"]["email"] == "ben@example.org"


def test_the_door_gives_out_its_own_document(company):
    answer = http("GET", f"{company.server.url}/api/v2/on-call/openapi.json")

    assert answer.status == 200
    document = answer.json()
    assert "/api/v2/on-call/schedules/{schedule_id}/responders" in document["paths"]
    assert document["paths"]["/api/v2/on-call/schedules"]["get"]["security"] == [
        {"apiKeyAuth": [], "appKeyAuth": []}
    ]


def test_what_the_documentation_shows_of_the_client_works(company, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "dialects" / "datadog.md").read_text()
    shown = re.search(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    keys = company.server.credentials["credentials"]["datadog"]
    monkeypatch.setenv("DD_API_KEY", keys["api_key"])
    monkeypatch.setenv("DD_APP_KEY", keys["application_key"])
    schedule = company.api.create_on_call_schedule(body=creation("Shown", company.ana)).data.id
    found: dict[str, Any] = {}

    exec(shown.replace("https://tocsin.example.org", company.server.url), found)

    assert schedule in [each.id for each in found["schedules"]]
