"""Two nodes that reach their database through PgBouncer, in transaction mode, in a storm."""

import time

from acceptance.company import make, read
from acceptance.peers import Receiver, wait_for
from acceptance.storm import Storm
from acceptance.two_nodes import account_for, two_nodes
from pgbouncer import pgbouncer


def test_nodes_behind_a_pooler_lose_nothing_when_it_dies_and_comes_back(tmp_path, postgresql_server):
    database = postgresql_server.create()
    with pgbouncer(database) as bouncer, Receiver() as hook:
        settings = {
            "TOCSIN_DATABASE_URL": bouncer.url(database),
            "TOCSIN_DATABASE_POOLER": "transaction",
            "TOCSIN_DATABASE_DIRECT_URL": database,
        }
        # The second hears nothing of the first, and finds by itself what that has brought.
        with two_nodes(tmp_path, hook, two_has={"TOCSIN_DATABASE_DIRECT_URL": ""}, **settings) as nodes:
            team = make(nodes[0], "teams", name="Data")
            wait_for(lambda: team in read(nodes[1], "teams")["teams"], what="two never heard of the team")
            with Storm(nodes) as storm:
                storm.wait(100)
                began = time.monotonic()
                bouncer.kill()
                bouncer.start()
                ended = time.monotonic()
                storm.wait(100)

            account_for(nodes, hook, storm, [began, ended])
