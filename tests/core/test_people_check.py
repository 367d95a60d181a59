from dataclasses import replace

import pytest

from builders import SERVICE, WORKSPACE, destination, method, person, team
from tocsin.core.errors import Invalid
from tocsin.core.ids import IntegrationId
from tocsin.core.people_check import check_contact_method, check_team, check_user, handle_of
from tocsin.core.service import Integration, Service
from tocsin.core.service_check import check_destination, check_integration, check_service

ANA = person("Ana")
OPS = team("Ops", ANA)
SHOP = Service(id=SERVICE, workspace=WORKSPACE, name="Shop", slug="shop")
DOOR = Integration(id=IntegrationId(3), workspace=WORKSPACE, service=SERVICE, kind="generic", name="Uptime")


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (check_user, ANA),
        (check_contact_method, method(ANA.id, "email")),
        (check_team, OPS),
        (check_service, SHOP),
        (check_integration, DOOR),
        (check_destination, destination("Ops")),
    ],
)
def test_what_is_right_is_taken(check, value):
    check(value)


@pytest.mark.parametrize(
    ("check", "value", "change", "path"),
    [
        (check_user, ANA, {"name": "a" * 256}, "name"),
        (check_user, ANA, {"name": "\0"}, "name"),
        (check_user, ANA, {"email": "nobody"}, "email"),
        (check_user, ANA, {"email": " ana@example.com"}, "email"),
        (check_user, ANA, {"time_zone": "Mars/Olympus"}, "time_zone"),
        (check_contact_method, method(ANA.id, "email"), {"address": ""}, "address"),
        (check_contact_method, method(ANA.id, "email"), {"label": "\ud800"}, "label"),
        (check_team, OPS, {"name": " "}, "name"),
        (check_team, OPS, {"handle": "Ops!"}, "handle"),
        (check_team, OPS, {"members": (ANA.id, ANA.id)}, "members[1].user_id"),
        (check_service, SHOP, {"slug": ""}, "slug"),
        (check_service, SHOP, {"slug": "-shop"}, "slug"),
        (check_service, SHOP, {"slug": "svc_06cq3x1k2m4n"}, "slug"),
        (check_service, SHOP, {"description": "x" * 1_001}, "description"),
        (check_integration, DOOR, {"name": ""}, "name"),
        (check_destination, destination("Ops"), {"secret": "x" * 501}, "secret"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(check, value, change, path):
    with pytest.raises(Invalid) as refused:
        check(replace(value, **change))

    assert refused.value.path == path
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("name", "handle"),
    [("Online Shop", "online-shop"), ("  Käse & Wein!", "k-se-wein"), ("店", ""), ("a" * 99, "a" * 63)],
)
def test_a_handle_is_made_of_a_name(name, handle):
    assert handle_of(name) == handle
