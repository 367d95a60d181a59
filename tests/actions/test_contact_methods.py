from dataclasses import replace
from datetime import timedelta

import pytest

from builders import MINUTE, NOW, plan, step, target
from configured import entropy
from tocsin.actions import contact_methods, escalation_policies, notification_rules
from tocsin.actions.contact_methods import CODE_LIFETIME, TRIES_MAX
from tocsin.core.errors import Conflict, Forbidden, NotFound
from tocsin.core.escalation import EscalationPolicy
from tocsin.core.ids import UNMADE, ContactMethodId, EscalationPolicyId, NotificationRuleId, UserId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import ContactMethod, Importance, NotificationRule, Role
from tocsin.store import people


def draft(address="rita@home.example", channel="email", **more):
    return ContactMethod(
        id=ContactMethodId(UNMADE), user=UserId(UNMADE), channel=channel, address=address, **more
    )


@pytest.fixture
def rita(office):
    return office.hire("Rita")


@pytest.fixture
def home(office, rita):
    """A new address of Rita's, whose code is on its way."""
    return office.do(contact_methods.create, rita.user, draft(), entropy=entropy, by=rita)


def sent_code(office) -> str:
    return office.waiting()[-1].body


def test_a_code_is_sent_to_a_new_address_and_pages_wait_for_it(office, rita, home):
    (message,) = office.waiting()

    assert (message.kind, message.channel, message.address) == (
        NotificationKind.VERIFICATION,
        "email",
        "rita@home.example",
    )
    assert len(message.body) == 6
    assert message.body.isdecimal()
    assert home not in office.user(rita).reachable


def test_the_code_proves_the_address(office, rita, home):
    tried = office.do(contact_methods.verify, rita.user, home.id, sent_code(office), by=rita)

    assert tried.left is None
    assert tried.method.verified_at == NOW
    assert tried.method in office.user(rita).reachable
    again = office.do(contact_methods.verify, rita.user, home.id, "000000", by=rita)
    assert again.left is None


def test_a_wrong_code_counts_and_the_fifth_is_the_last(office, rita, home):
    wrong = "000000" if sent_code(office) != "000000" else "000001"

    left = [
        office.do(contact_methods.verify, rita.user, home.id, wrong, by=rita).left for _ in range(TRIES_MAX)
    ]

    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(Conflict, match="have a new one sent"):
        office.do(contact_methods.verify, rita.user, home.id, sent_code(office), by=rita)


def test_a_code_runs_out(office, rita, home):
    code = sent_code(office)

    with pytest.raises(Conflict):
        office.do(contact_methods.verify, rita.user, home.id, code, now=NOW + CODE_LIFETIME, by=rita)


def test_a_new_code_replaces_the_one_before_after_a_minute(office, rita, home):
    first = sent_code(office)
    with pytest.raises(Conflict, match="wait 1 minute"):
        office.do(contact_methods.send_code, rita.user, home.id, entropy=entropy, by=rita)

    later = NOW + MINUTE
    office.do(contact_methods.send_code, rita.user, home.id, entropy=entropy, now=later, by=rita)

    assert office.do(contact_methods.verify, rita.user, home.id, first, now=later, by=rita).left == 4


def test_an_admin_vouches_for_an_address_and_nobody_else_does(office, rita):
    with pytest.raises(Forbidden):
        office.do(contact_methods.create, rita.user, draft(verified_at=NOW), entropy=entropy, by=rita)

    made = office.do(contact_methods.create, rita.user, draft(verified_at=NOW), entropy=entropy)

    assert made in office.user(rita).reachable
    assert office.waiting() == []


def test_nobody_has_an_address_twice(office, rita, home):
    with pytest.raises(Conflict, match="has this address on email already"):
        office.do(contact_methods.create, rita.user, draft(), entropy=entropy, by=rita)


def test_what_is_another_person_s_is_for_those_who_manage_people(office, rita, home):
    ben, ada = office.hire("Ben"), office.hire("Ada", Role.ADMIN)

    for action, more in (
        (contact_methods.relabel, {"edit": lambda was: was}),
        (contact_methods.delete, {}),
        (contact_methods.test, {}),
    ):
        with pytest.raises(Forbidden):
            office.do(action, rita.user, home.id, **more, by=ben)
    changed = office.do(
        contact_methods.relabel, rita.user, home.id, lambda was: replace(was, label="home"), by=ada
    )
    assert changed.label == "home"
    with pytest.raises(NotFound):
        office.run(contact_methods.get, ben.user, home.id)


def test_a_label_is_changed_and_nothing_else(office, rita, home):
    changed = office.do(
        contact_methods.relabel,
        rita.user,
        home.id,
        lambda was: replace(was, label="home", address="eve@example.com", verified_at=NOW),
        by=rita,
    )

    assert changed == replace(home, label="home")
    assert office.run(contact_methods.get, rita.user, home.id) == changed


def test_a_test_goes_to_verified_addresses_only(office, rita, home):
    with pytest.raises(Conflict, match="is not verified"):
        office.do(contact_methods.test, rita.user, home.id, by=rita)

    mailbox = office.user(rita).reachable[0]
    office.do(contact_methods.test, rita.user, mailbox.id, by=rita)

    assert [each.kind for each in office.waiting()] == [NotificationKind.VERIFICATION, NotificationKind.TEST]


def ask(office, user):
    policy = EscalationPolicy(
        id=EscalationPolicyId(UNMADE),
        workspace=office.workspace,
        name="Backend",
        plan=plan(replace(step(target(user)), id=UNMADE)),
    )
    return office.do(escalation_policies.create, policy)


def test_the_last_verified_address_of_somebody_who_is_asked_is_not_deleted_unless_forced(office, rita, home):
    user = office.user(rita)
    mailbox = user.reachable[0]
    ask(office, user)

    with pytest.raises(Conflict, match="who is asked by escalation policy Backend"):
        office.do(contact_methods.delete, rita.user, mailbox.id, by=rita)
    assert office.user(rita).reachable == (mailbox,)

    office.do(contact_methods.delete, rita.user, mailbox.id, force=True, by=rita)
    assert office.user(rita).reachable == ()


def test_an_address_that_is_not_the_last_or_of_somebody_whom_nobody_asks_goes_without_a_word(
    office, rita, home
):
    office.do(contact_methods.verify, rita.user, home.id, sent_code(office), by=rita)
    ask(office, office.user(rita))

    office.do(contact_methods.delete, rita.user, home.id, by=rita)
    ben = office.hire("Ben")
    office.do(contact_methods.delete, ben.user, office.user(ben).reachable[0].id, by=ben)

    assert home.id not in [method.id for method in office.user(rita).contact_methods]
    assert office.user(ben).contact_methods == ()


def test_rules_never_go_with_the_address_that_they_name(office, rita):
    mailbox = office.user(rita).reachable[0]
    rule = NotificationRule(
        id=NotificationRuleId(UNMADE),
        user=UserId(UNMADE),
        importance=Importance.DEFAULT,
        position=0,
        channel="email",
        contact_method=mailbox.id,
    )
    office.do(notification_rules.create, rita.user, rule, by=rita)

    with pytest.raises(Conflict, match="1 notification rule names it"):
        office.do(contact_methods.delete, rita.user, mailbox.id, by=rita)
    office.do(contact_methods.delete, rita.user, mailbox.id, force=True, by=rita)

    (left,) = office.user(rita).rules
    assert (left.channel, left.contact_method) == ("email", None)


def test_the_log_tells_of_addresses_without_telling_them(office, rita, home):
    (entry, *_) = office.log(subject=home.id)

    assert (entry.action, entry.kind, entry.name) == ("created", "contact_method", "Rita's email")
    assert entry.changes["address"] == {"before": None, "after": "***"}


def test_a_code_cannot_be_read_from_what_is_kept_of_it(office, rita, home):
    kept = office.database.transact(lambda tx: people.code(tx, home.id))

    assert sent_code(office) not in kept.hash
    assert kept.expires_at - NOW == timedelta(minutes=15)


def test_rules_that_name_an_address_can_go_with_it_and_the_others_keep_their_times(office, rita, home):
    def put(minutes, method):
        draft = NotificationRule(
            id=NotificationRuleId(UNMADE),
            user=UserId(UNMADE),
            importance=Importance.DEFAULT,
            position=0,
            channel="email",
            contact_method=method,
        )
        office.do(notification_rules.put_after, rita.user, draft, minutes * MINUTE, by=rita)

    put(2, home.id)
    put(5, None)

    office.do(contact_methods.delete, rita.user, home.id, force=True, with_rules=True, by=rita)

    wait, left = (each for _, each in office.run(notification_rules.list_, rita.user))
    assert (wait.wait, left.contact_method) == (5 * MINUTE, None)


def test_no_code_is_sent_where_nothing_can_be_sent(office, rita):
    phone = draft("+14155550100", "phone")

    office.do(contact_methods.create, rita.user, phone, entropy=None, by=rita)

    assert office.waiting() == []
