"""Guance's strategies against a Tocsin that runs, with receivers as strict as the vendors' own."""

import json
import shutil
import subprocess
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import pytest

from acceptance import robots
from acceptance.company import hire, make, read
from acceptance.peers import MailCatcher, Receiver, http, wait_for
from acceptance.robots import SECRET, Robot, form_of, twilio_signature
from acceptance.servers import Tocsin, tocsin
from guance_office import CURL
from tocsin.core.spelling import from_native, to_hex_32

TOKEN = "tw1lio-auth-token"
NUMBER = "+14155550123"


@dataclass(frozen=True, kw_only=True)
class Office:
    """A server with people, and everything around it that is told."""

    server: Tocsin
    mail: MailCatcher
    hook: Receiver
    carrier: Robot
    robots: dict[str, Robot]
    ana: str

    @property
    def key(self) -> str:
        """The key of this API that the first workspace came with."""
        return next(iter(self.server.credentials["credentials"]["guance"].values()))

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send one request, which must go well, and give the content of its answer."""
        answer = http(method, f"{self.server.url}/api/v1{path}", body, headers={"DF-API-KEY": self.key})
        assert answer.status == 200, (path, answer.body)
        return answer.json()["content"]

    def place(self, kind: str, **opts: Any) -> str:
        """Make a notify object."""
        return self.call("POST", "/notify_object/create", {"type": kind, "name": kind, "optSet": opts})[
            "uuid"
        ]

    def strategy(self, *to: str, checkers: list[str], **changes: Any) -> str:
        """Make a strategy that tells *to* of the events of some monitors."""
        targets = [{"to": list(to), "status": "critical,error,warning,nodata,info"}]
        opt = {"silentTimeout": 0, "alertTarget": [{"targets": targets}]} | changes
        body = {
            "name": checkers[0],
            "ruleTimezone": "Asia/Shanghai",
            "checkerUUIDs": checkers,
            "alertOpt": opt,
        }
        return self.call("POST", "/alert_policy/add_v2", body)["uuid"]

    def report(self, *events: dict[str, Any]) -> None:
        """Report events natively."""
        for start in range(0, len(events), 1_000):
            answer = self.server.call("POST", "events", {"events": list(events[start : start + 1_000])})
            assert answer.status == 202, answer.body


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    judges = {
        "dingTalkRobot": robots.dingtalk,
        "wechatRobot": robots.wecom,
        "feishuRobot": robots.feishu,
        "teamsWorkflowWebhook": robots.teams,
        "googleChatWebhook": robots.google_chat,
    }
    with ExitStack() as stack:
        mail, hook = stack.enter_context(MailCatcher()), stack.enter_context(Receiver())
        carrier = stack.enter_context(Robot(robots.twilio(TOKEN)))
        around = {kind: stack.enter_context(Robot(judge)) for kind, judge in judges.items()}
        server = stack.enter_context(
            tocsin(
                tmp_path_factory.mktemp("guance") / "tocsin",
                TOCSIN_SMTP_URL=mail.url,
                TOCSIN_TWILIO_ACCOUNT_SID="AC1",
                TOCSIN_TWILIO_AUTH_TOKEN=TOKEN,
                TOCSIN_TWILIO_FROM="+15005550006",
                TOCSIN_TWILIO_API_URL=carrier.url,
            )
        )
        ana = hire(server, "Ana")
        yield Office(server=server, mail=mail, hook=hook, carrier=carrier, robots=around, ana=ana)


def acnt(native_id: str) -> str:
    identifier = from_native(native_id)
    assert identifier is not None
    return to_hex_32("acnt_", identifier)


def test_the_curl_command_of_the_vendors_page_works_as_it_stands(office):
    curl = shutil.which("curl")
    assert curl is not None
    command = [
        *(curl, "-sS", f"{office.server.url}/api/v1/alert_policy/add"),
        *("-H", f"DF-API-KEY: {office.key}"),
        *("-H", "Content-Type: application/json;charset=UTF-8"),
        *("--data-raw", CURL, "--compressed"),
    ]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)

    answer = json.loads(done.stdout)
    assert (answer["code"], answer["success"], answer["errorCode"]) == (200, True, "")
    assert json.dumps(answer["content"]["alertOpt"]) == json.dumps(json.loads(CURL)["alertOpt"])
    assert office.call("POST", "/alert_policy/delete", {"alertPolicyUUIDs": [answer["content"]["uuid"]]})


def test_whose_a_path_is_that_leads_nowhere_is_told_by_the_key(office):
    nowhere = f"{office.server.url}/api/v1/nowhere"

    ours = http("GET", nowhere, headers={"DF-API-KEY": office.key})
    locked = http("GET", f"{office.server.url}/api/v1/alert_policy/list")

    assert (ours.status, ours.json()["errorCode"]) == (404, "ft.NotFound")
    assert (locked.status, locked.json()["errorCode"]) == (403, "ft.InvalidAPIKey")


def test_every_kind_of_notify_object_is_told_of_the_trouble_and_of_its_end(office):
    url = {kind: robot.url for kind, robot in office.robots.items()}
    places = [
        office.place(
            "dingTalkRobot", webhook=f"{url['dingTalkRobot']}/robot/send?access_token=t", secret=SECRET
        ),
        office.place("wechatRobot", webhook=f"{url['wechatRobot']}/send?key=k"),
        office.place("feishuRobot", webhook=f"{url['feishuRobot']}/hook/x", secret=SECRET),
        office.place("teamsWorkflowWebhook", webhook=f"{url['teamsWorkflowWebhook']}/flow"),
        office.place("googleChatWebhook", webhook=f"{url['googleChatWebhook']}/v1/spaces/A/messages?token=t"),
        office.place("slackIncomingWebhook", webhook=f"{office.hook.url}/slack"),
        office.place("HTTPRequest", url=f"{office.hook.url}/events"),
        office.place("mailGroup", to=["night@example.org", acnt(office.ana)]),
        office.place("sms", to=["+14155550101", "+14155550102"]),
        office.place("vms", to=["+14155550103"]),
    ]
    office.strategy(*places, "outside@example.org", checkers=["rul_every"])
    event = {"monitor_id": "rul_every", "dedup_key": "every/1", "title": "Pod coredns-1 restarts"}

    office.report(event | {"severity": "critical", "dimensions": {"pod_name": "coredns-1"}})

    for robot in office.robots.values():
        robot.requests.wait(1)
    (slack,) = office.hook.requests.wait(1, that=lambda request: request.path == "/slack")
    (hook,) = office.hook.requests.wait(1, that=lambda request: request.path == "/events")
    group = {"night@example.org", "ana@example.org", "outside@example.org"}
    mails = office.mail.mails.wait(3, that=lambda mail: "coredns-1" in mail.subject)
    texts = office.carrier.requests.wait(3)
    assert {mail.recipients[0] for mail in mails} == group
    assert "coredns-1" in slack.json()["text"]
    assert (hook.json()["df_status"], hook.json()["pod_name"]) == ("critical", "coredns-1")
    assert hook.json()["df_monitor_name"] == "rul_every"
    assert sorted(form_of(text)["To"] for text in texts) == [f"+1415555010{n}" for n in (1, 2, 3)]
    for robot in office.robots.values():
        (request,) = robot.requests
        said = request.body.decode().replace("&#95;", "_")
        assert all(part in said for part in ("Critical", "pod_name=coredns-1", "UTC+8", "/pages/")), said

    office.report(event | {"severity": "ok"})

    for robot in office.robots.values():
        assert "Resolved" in robot.requests.wait(2)[1].body.decode()
    both = office.hook.requests.wait(2, that=lambda request: request.path == "/events")
    assert both[1].json()["df_status"] == "ok"
    office.mail.mails.wait(3, that=lambda mail: mail.subject.startswith("[Resolved]"))


def test_ten_thousand_events_of_fifty_kinds_become_fifty_messages_that_hold_each_of_them(office):
    hook = office.place("HTTPRequest", url=f"{office.hook.url}/storm")
    kinds = [f"rul_storm_{kind}" for kind in range(50)]
    office.strategy(hook, checkers=kinds, aggInterval=5, aggFields=["df_monitor_checker_id"])
    events = [
        {
            "monitor_id": kinds[number % 50],
            "dedup_key": f"storm/{number}",
            "title": f"Trouble {number}",
            "severity": "error",
        }
        for number in range(10_000)
    ]

    began = time.monotonic()
    office.report(*events)
    windows = (time.monotonic() - began) // 5 + 2  # as many as there can be while they came in

    read_of: dict[float, list[str]] = {}

    def titles() -> Counter[str]:
        for request in office.hook.requests:
            if request.path == "/storm" and request.at not in read_of:
                body = request.json()
                read_of[request.at] = [each["df_title"] for each in body.get("df_events", [body])]
        return Counter(title for told in read_of.values() for title in told)

    wanted = {event["title"] for event in events}
    wait_for(lambda: titles().keys() >= wanted, what=lambda: f"{len(titles())} of 10000 events are told of")
    messages = [request for request in office.hook.requests if request.path == "/storm"]
    assert set(titles()) == wanted
    assert 50 <= len(messages) <= 50 * windows


def test_the_first_entry_whose_window_is_open_tells_and_no_other(office):
    now = datetime.now(UTC) + timedelta(hours=8)  # the clocks of Shanghai
    inside = {"crontab": f"{now.minute} {now.hour} * * *", "crontabDuration": 7_200}
    outside = {"crontab": f"{now.minute} {(now.hour + 6) % 24} * * *", "crontabDuration": 60}
    in_window, other = (
        office.place("HTTPRequest", url=f"{office.hook.url}/{name}") for name in ("in", "out")
    )
    levels = "critical,error,warning,nodata,info"
    office.strategy(
        checkers=["rul_window"],
        alertTarget=[
            {"targets": [{"to": [other], "status": levels}], **outside},
            {"targets": [{"to": [in_window], "status": levels}], **inside},
            {"targets": [{"to": [other], "status": levels}]},
        ],
    )

    office.report({"monitor_id": "rul_window", "dedup_key": "window/1", "title": "W", "severity": "info"})

    office.hook.requests.wait(1, that=lambda request: request.path == "/in")
    assert not [request for request in office.hook.requests if request.path == "/out"]


def test_what_is_written_here_is_edited_natively_and_seen_here_again(office):
    uuid = office.strategy(acnt(office.ana), checkers=["rul_edit"])
    policies = read(office.server, "alert-policies?limit=200")["alert_policies"]
    policy = next(each for each in policies if each["name"] == "rul_edit")

    changed = office.server.call(
        "PATCH", f"alert-policies/{policy['id']}", {"name": "Edited", "repeat_after_s": 90}
    )

    seen = office.call("GET", f"/alert_policy/{uuid}/get")
    assert changed.status == 200, changed.body
    assert (seen["name"], seen["alertOpt"]["silentTimeout"]) == ("Edited", 90)
    assert seen["alertOpt"]["alertTarget"][0]["targets"][0]["to"] == [acnt(office.ana)]


def test_who_is_gone_is_skipped_counted_and_shown_and_the_others_are_told(office):
    gone = office.place("HTTPRequest", url=f"{office.hook.url}/gone")
    here = office.place("HTTPRequest", url=f"{office.hook.url}/here")
    uuid = office.strategy(gone, "group_xxxx32", here, checkers=["rul_gone"])
    assert office.call("POST", "/notify_object/delete", {"notifyObjectUUID": gone}) is True

    office.report({"monitor_id": "rul_gone", "dedup_key": "gone/1", "title": "G", "severity": "error"})

    office.hook.requests.wait(1, that=lambda request: request.path == "/here")
    wait_for(
        lambda: (
            'tocsin_recipients_skipped_total{why="gone"} 2.0'
            in http("GET", f"{office.server.url}/metrics").body.decode()
        ),
        what="the metric does not say so",
    )
    assert not [request for request in office.hook.requests if request.path == "/gone"]
    policies = read(office.server, "alert-policies?limit=200")["alert_policies"]
    (policy,) = (each["id"] for each in policies if each["name"] == "rul_gone")
    warnings = read(office.server, f"alert-policies/{policy}/health")["warnings"]
    assert len([each for each in warnings if "which is not here" in each["problem"]]) == 2
    assert office.call("GET", f"/alert_policy/{uuid}/get")["notifyObjectName"].keys() == {here}


def test_members_are_named_to_whatever_notify_object_their_rule_tells(office):
    kinds = {
        "dingTalkRobot": {"webhook": "{}/robot/send?access_token=t", "secret": SECRET},
        "wechatRobot": {"webhook": "{}/send?key=k"},
        "feishuRobot": {"webhook": "{}/hook/x", "secret": SECRET},
        "teamsWorkflowWebhook": {"webhook": "{}/flow"},
        "googleChatWebhook": {"webhook": "{}/v1/spaces/A/messages?token=t"},
    }
    places = [
        office.place(kind, **{name: value.format(office.robots[kind].url) for name, value in opts.items()})
        for kind, opts in kinds.items()
    ]
    places.append(office.place("HTTPRequest", url=f"{office.hook.url}/members"))
    target = {"to": places, "status": "critical"}
    infos = [{"memberInfo": [acnt(office.ana)], "targets": [target]}]
    office.strategy(checkers=["rul_named"], alertType="member", alertTarget=[{"alertInfo": infos}])

    office.report({"monitor_id": "rul_named", "dedup_key": "n/1", "title": "N", "severity": "critical"})

    (event,) = office.hook.requests.wait(1, that=lambda request: request.path == "/members")
    member = {"name": "Ana", "email": "ana@example.org", "mobile": ""}
    assert event.json()["df_alert_members"] == [member]
    for robot in office.robots.values():
        robot.requests.wait(1, that=lambda request: b"For Ana" in request.body)


def callback(office: Office, request: Any, form: dict[str, str]) -> Any:
    """Call back as Twilio does, to the address that it was given with *request*."""
    sent = form_of(request)
    url = sent["StatusCallback"]
    if "Twiml" in sent and "Digits" in form:
        gather = ET.fromstring(sent["Twiml"]).find("Gather")
        assert gather is not None
        url = gather.get("action") or ""
    assert urlsplit(url).netloc == urlsplit(office.server.url).netloc
    return signed(url, form)


def signed(url: str, form: dict[str, str]) -> Any:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": twilio_signature(TOKEN, url, form),
    }
    return http("POST", url, urlencode(form), headers=headers)


def test_somebody_is_texted_and_called_and_answers_by_text_and_by_key(office):
    cleo = hire(office.server, "Cleo")
    for channel in ("sms", "voice"):
        method = {"channel": channel, "address": NUMBER, "verified": True}
        make(office.server, f"users/{cleo}/contact-methods", **method)
    step = {"type": "notify", "targets": [{"type": "user", "id": cleo, "via": ["sms", "voice"]}]}
    policy = make(
        office.server,
        "escalation-policies",
        name="Telephones",
        steps=[{"after_s": 0, "action": step}],
    )
    rule = {"escalation_policy_ids": [policy["id"]]}
    make(office.server, "alert-policies", name="T", scope={"monitor_ids": ["rul_tel"]}, rules=[rule])

    def called(title: str) -> list[Any]:
        requests = office.carrier.requests.wait(2, that=lambda request: title in form_said(request))
        return sorted(requests, key=lambda request: "Calls" in request.path)

    office.report({"monitor_id": "rul_tel", "dedup_key": "tel/1", "title": "First trouble"})
    text, call = called("First trouble")
    assert callback(office, text, {"MessageSid": "SM1", "MessageStatus": "delivered"}).status == 204
    pressed = callback(office, call, {"CallSid": "CA1", "Digits": "1"})
    assert "You have it: First trouble" in pressed.body.decode()

    office.report({"monitor_id": "rul_tel", "dedup_key": "tel/2", "title": "Second trouble"})
    called("Second trouble")
    form = {"From": NUMBER, "To": "+15005550006", "Body": "Ack"}
    url = f"{office.server.url}/twilio/sms"
    wait_for(lambda: "You have it: Second" in signed(url, form).body.decode(), what="no answer by text")

    alerts = read(office.server, "alerts?status=acknowledged")["alerts"]
    hows = {each["title"]: each["acknowledgement"]["how"] for each in alerts}
    assert (hows["First trouble"], hows["Second trouble"]) == ("call", "sms")
    forged = http("POST", url, urlencode(form), headers={"X-Twilio-Signature": "x"})
    assert forged.status == 403


def form_said(request: Any) -> str:
    form = form_of(request)
    return form.get("Body", "") + form.get("Twiml", "")
