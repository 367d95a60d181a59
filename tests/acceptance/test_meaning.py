"""Gathering by meaning, by a Tocsin that runs: with a model on its machine, and one that never answers."""

import threading
from contextlib import ExitStack

import small_model
from acceptance.company import destination, make, step
from acceptance.peers import Receiver
from acceptance.robots import Robot
from acceptance.servers import tocsin

DISK, FULL, CERT = "No space left on device", "Disk is full", "Certificate expires soon"
WINDOW_S = 4


def gathered(server, hook) -> list[list[str]]:
    """Report three troubles to a policy that gathers by meaning, and give what each message tells of."""
    steps = [{"steps": [step(destination(server, f"{hook.url}/told"))]}]
    gathering = {"by": "meaning", "window_s": WINDOW_S, "first_at_once": False}
    make(server, "alert-policies", name="Meaning", gathering=gathering, rules=[{"plans": steps}])
    titles = (DISK, FULL, CERT)
    events = [{"dedup_key": title, "title": title, "severity": "error"} for title in titles]
    assert server.call("POST", "events", {"events": events}).status == 202

    def told() -> list[list[str]]:
        bodies = (request.json()["data"] for request in hook.requests if request.path == "/told")
        return [sorted(alert["title"] for alert in body["alerts"]) for body in bodies]

    hook.requests.wait(that=lambda _: sum(map(len, told())) == len(titles))
    return sorted(told())


def test_a_model_on_this_machine_has_what_means_the_same_told_together(tmp_path):
    folder = small_model.write(tmp_path / "model", graph="onnx/model.onnx")
    with Receiver() as hook, tocsin(tmp_path / "tocsin", TOCSIN_MEANING_FOLDER=str(folder)) as server:
        assert gathered(server, hook) == [[CERT], sorted([DISK, FULL])]


def test_an_endpoint_that_never_answers_holds_nothing_beyond_its_window(tmp_path):
    over, asked = threading.Event(), threading.Event()

    def say_nothing(_):
        asked.set()
        over.wait()
        return 500, {}

    with ExitStack() as stack:
        hook, silent = stack.enter_context(Receiver()), stack.enter_context(Robot(say_nothing))
        stack.callback(over.set)
        url = f"{silent.url}/v1/embeddings"
        server = stack.enter_context(tocsin(tmp_path / "tocsin", TOCSIN_MEANING_URL=url))
        found = gathered(server, hook)
        over.set()

    assert asked.is_set()
    assert found == [[CERT], [FULL], [DISK]]
