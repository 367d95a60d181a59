from dataclasses import replace

import pytest

from builders import NOW
from configured import entropy
from tocsin.actions import integrations, services
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.ids import UNMADE, ServiceId
from tocsin.core.service import Integration
from tocsin.store import integrations as stored
from tocsin.store.secrets import token_hash


@pytest.fixture
def draft(office):
    return Integration(id=UNMADE, workspace=UNMADE, service=office.service.id, kind="generic", name="Uptime")


@pytest.fixture
def opened(office, draft):
    return office.do(integrations.create, draft, entropy=entropy)


def behind(office, token):
    return office.database.transact(lambda tx: stored.by_token(tx, token_hash(token)))


def test_a_new_integration_is_opened_by_its_token(office, opened):
    assert behind(office, opened.token) == opened.integration
    assert opened.token.endswith(opened.integration.token_hint)
    assert len(opened.token) == 32
    assert opened.token not in str(office.log())


def test_a_new_token_closes_the_door_to_the_old_one(office, opened):
    rotated = office.do(integrations.rotate, opened.integration.id, entropy=entropy)

    assert behind(office, opened.token) is None
    assert behind(office, rotated.token).id == opened.integration.id
    assert office.run(integrations.get, opened.integration.id) == rotated.integration
    assert office.log()[0].action == "rotated"


def test_a_revoked_integration_stays_known_and_closed(office, opened):
    revoked = office.do(integrations.revoke, opened.integration.id)
    again = office.do(integrations.revoke, opened.integration.id)

    assert revoked.revoked_at == again.revoked_at == NOW
    assert behind(office, opened.token).revoked_at == NOW
    with pytest.raises(Conflict, match="was revoked"):
        office.do(integrations.rotate, opened.integration.id, entropy=entropy)


def test_an_integration_moves_to_a_service_that_is_there(office, opened, draft):
    depot = office.do(services.create, replace(office.service, name="Depot", slug="depot"))

    moved = office.do(integrations.change, opened.integration.id, lambda was: replace(was, service=depot.id))

    assert moved.service == depot.id
    with pytest.raises(Invalid) as refused:
        office.do(integrations.change, moved.id, lambda was: replace(was, service=ServiceId(7)))
    assert refused.value.path == "service"
    with pytest.raises(Invalid):
        office.do(integrations.create, replace(draft, service=ServiceId(7)), entropy=entropy)
    with pytest.raises(Invalid):
        office.do(integrations.change, moved.id, lambda was: replace(was, name=""))


def test_integrations_are_for_those_who_configure(office, opened, draft):
    rita = office.hire("Rita")

    with pytest.raises(Forbidden):
        office.do(integrations.create, draft, entropy=entropy, by=rita)
    with pytest.raises(Forbidden):
        office.do(integrations.rotate, opened.integration.id, entropy=entropy, by=rita)
    with pytest.raises(Forbidden):
        office.do(integrations.revoke, opened.integration.id, by=rita)
    with pytest.raises(NotFound):
        office.run(integrations.get, opened.integration.id, by=replace(rita, workspace=office.service.id))
