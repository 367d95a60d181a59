import pytest

from api_world import ADA, REA, VIC, directory
from builders import NOW
from tocsin.core.destination import check_email
from tocsin.core.destination_group import check_group, is_group
from tocsin.core.errors import Invalid
from tocsin.core.escalation import DestinationTarget
from tocsin.core.ids import DestinationId, TeamId, WorkspaceId
from tocsin.core.people import Team, TeamRole
from tocsin.core.service import Destination
from tocsin.core.spelling import native

TEAM = Team(
    id=TeamId(20),
    workspace=WorkspaceId(1),
    name="Ops",
    handle="ops",
    members=(REA.id, ADA.id),
    roles={REA.id: TeamRole.MEMBER, ADA.id: TeamRole.MEMBER},
)
PLACE = DestinationId(50)


def told(address: str, channel: str = "email") -> list[str]:
    group = Destination(id=PLACE, workspace=WorkspaceId(1), name="Group", channel=channel, address=address)
    known = directory(destinations={PLACE: group}, teams={TEAM.id: TEAM})
    return [each.who.address for each in known.find(DestinationTarget(destination=PLACE), NOW).recipients]


def test_a_group_is_addresses_people_and_teams_each_address_once():
    vic, ops = native("user", VIC.id), native("team", TEAM.id)

    assert told(f"night@example.org, {vic}, {ops}, rea@example.org") == [
        *("night@example.org", "vic@example.org"),
        *("rea@example.org", "ada@example.org"),
    ]


def test_a_single_address_is_the_destination_itself():
    assert told("night@example.org") == ["night@example.org"]
    assert not is_group("webhook", "https://example.org/?a=1,2")


def test_people_are_told_on_the_channel_of_the_group_only():
    assert told(native("team", TEAM.id), channel="sms") == []


def test_who_is_not_there_is_not_told():
    assert told(f"{native('user', 999)}, {native('team', 999)}, a@example.org") == ["a@example.org"]


def test_each_address_of_a_group_is_checked_and_kept_once():
    somebody = native("user", 7)

    assert check_group(f"a@example.org,{somebody} ,a@example.org", check_email) == (
        f"a@example.org, {somebody}"
    )
    with pytest.raises(Invalid):
        check_group("a@example.org, ", check_email)
    with pytest.raises(Invalid, match="101 members"):
        check_group(",".join(["a@example.org"] * 101), check_email)
