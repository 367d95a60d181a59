"""Positions: whatever is made, moved, deleted and traded, they are as promised, on both engines."""

import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from conftest import ENGINES
from grafana_office import ADA_ID, REA_ID, Office

RULES = "personal_notification_rules/"
LAST = -1
PLACES = st.one_of(st.integers(LAST, 8), st.sampled_from([50, 2_147_483_647]))
TYPES = st.sampled_from(["wait", "notify_by_sms", "notify_by_email"])
WHO = st.tuples(st.sampled_from([REA_ID, ADA_ID]), st.booleans())


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


class Model:
    """What is written of positions, and nothing else: a number for each rule of a list."""

    def __init__(self) -> None:
        self.lists: dict[tuple[str, bool], dict[str, int]] = {}

    def add(self, whose, rule_id, to, *, trade) -> int:
        numbers = self.lists.setdefault(whose, {})
        numbers[rule_id] = max(numbers.values(), default=-1) + 1
        if to is not None and to != LAST:
            self.move(whose, rule_id, to, trade=trade)
        return numbers[rule_id]

    def move(self, whose, rule_id, to, *, trade) -> int:
        numbers = self.lists[whose]
        at = numbers[rule_id]
        if to == LAST:
            to = max(numbers.values())
        if trade:
            for other, number in numbers.items():
                if number == to:
                    numbers[other] = at
        else:
            for other, number in numbers.items():
                if at < number <= to:
                    numbers[other] = number - 1
                elif to <= number < at:
                    numbers[other] = number + 1
        numbers[rule_id] = to
        return to


class Positions(RuleBasedStateMachine):
    """Every sequence of creates, moves, trades and deletes."""

    office: Office
    rules = Bundle("rules")

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        for each in self.office.list(RULES + "?perpage=100"):
            self.office.delete(RULES + each["id"])

    @rule(target=rules, whose=WHO, type_=TYPES, to=st.none() | PLACES, trade=st.booleans())
    def create(self, whose, type_, to, trade):
        user, important = whose
        trade = trade and to != LAST
        sent = {"user_id": user, "important": important, "type": type_, "manual_order": trade}
        made = self.office.post(RULES, sent | ({} if to is None else {"position": to}))
        assert made["position"] == self.model.add(whose, made["id"], to, trade=trade)
        return whose, made["id"]

    @rule(which=rules, to=PLACES, trade=st.booleans())
    def move(self, which, to, trade):
        whose, rule_id = which
        trade = trade and to != LAST
        answer = self.office.put(RULES + rule_id, {"position": to, "manual_order": trade})
        assert answer["position"] == self.model.move(whose, rule_id, to, trade=trade)

    @rule(which=rules, type_=TYPES)
    def change(self, which, type_):
        self.office.put(RULES + which[1], {"type": type_})

    @rule(which=consumes(rules))
    def delete(self, which):
        whose, rule_id = which
        self.office.delete(RULES + rule_id)
        del self.model.lists[whose][rule_id]

    @invariant()
    def lists_are_as_promised(self):
        found: dict[tuple[str, bool], dict[str, int]] = {}
        for each in self.office.list(RULES + "?perpage=100"):
            found.setdefault((each["user_id"], each["important"]), {})[each["id"]] = each["position"]
        for numbers in found.values():
            assert list(numbers.values()) == sorted(set(numbers.values()))
        assert found == {whose: numbers for whose, numbers in self.model.lists.items() if numbers}


def test_every_sequence_of_changes_leaves_the_positions_that_are_promised(office):
    machine = type("PositionsHere", (Positions,), {"office": office})
    machine.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
    machine.TestCase("runTest").runTest()


def test_writers_at_once_lose_nobody_and_share_no_position(office):
    failed: list[int] = []

    def write(number: int) -> None:
        made = office.call("POST", RULES, {"user_id": REA_ID, "type": "wait", "position": number % 3})
        rule_id = made.json()["id"]
        moved = office.call("PATCH", RULES + rule_id, {"position": (number * 7) % 5})
        traded = office.call("PATCH", RULES + rule_id, {"position": number, "manual_order": True})
        answers = [made, moved, traded]
        if number % 4 == 0:
            answers.append(office.call("DELETE", RULES + rule_id))
        failed.extend(answer.status_code for answer in answers if not answer.is_success)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    numbers = [each["position"] for each in office.list(RULES)]
    assert failed == []
    assert len(numbers) == 9
    assert numbers == sorted(set(numbers))
