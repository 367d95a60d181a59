"""A database with the sample workspaces and people in it."""

import pytest

from store import samples
from tocsin.store import people, services, workspaces


@pytest.fixture
def populated(database):
    """The database, with the sample workspaces, two users and a service."""

    def populate(tx):
        workspaces.add(tx, samples.workspace)
        workspaces.add(tx, samples.other_workspace)
        people.add(tx, samples.user)
        people.add(tx, samples.second_user)
        services.add(tx, samples.service)

    database.transact(populate)
    return database


@pytest.fixture
def tx_in(populated):
    """Run an action in a transaction of its own."""
    return populated.transact
