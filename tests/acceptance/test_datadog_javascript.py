"""Datadog's own JavaScript client, from a user to a page that reaches people by real mail."""

from acceptance import node
from acceptance.peers import MailCatcher
from acceptance.servers import tocsin
from tocsin.core.spelling import from_uuid, native


def test_the_javascript_client_goes_the_whole_way(tmp_path):
    with MailCatcher() as mail, tocsin(tmp_path / "data", TOCSIN_SMTP_URL=mail.url) as server:
        keys = server.credentials["credentials"]["datadog"]
        env = {"DD_API_KEY": keys["api_key"], "DD_APP_KEY": keys["application_key"]}

        made = node.run("on_call.cjs", server.url, "page", "Disk full", env=env)
        mail.mails.wait(1, that=lambda each: each.recipients == ("ana@night.example",))
        node.run("on_call.cjs", server.url, "acknowledge", made["page"], env=env)

        found = server.call("GET", f"pages/{native('page', from_uuid(made['page']))}").json()

    assert (found["status"], found["importance"]) == ("acknowledged", "important")
    assert made["onDuty"] == [made["ana"]]
    assert made["shift"] == made["ana"]
