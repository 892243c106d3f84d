"""Time in approvals: deadlines by a company's calendar, reminders, who decides when it is late, and servers that are killed meanwhile."""

import datetime
import importlib
import random
import re
import time
import zoneinfo

import grpc
import pytest
from companies import Company, day, eventually
from conftest import details

from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, key_pb2, key_pb2_grpc, person_pb2, person_pb2_grpc
from remit.workflow.v1 import case_pb2

story = importlib.import_module("80_approvals_test")
Person, ROLES, EVERYBODY, APPROVAL, credit_note, posted = story.Person, story.ROLES, story.EVERYBODY, story.APPROVAL, story.credit_note, story.posted
ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
CALENDAR = """\
kind: calendar
name: office
week:
  - {days: [monday, tuesday, wednesday, thursday, friday], hours: ["09:00-12:00", "13:00-18:00"]}
holidays: [2026-12-24..2027-01-03, 2027-05-06]
working_days: [2026-12-05]
"""
FLOW = """\
kind: flow
name: credit_note
method: remit.ledger.v1.LedgerService/PostDocument
summary: request.document.number
calendar: office
fallback: cfo
steps:
  - name: manager
    approve:
      by: [{{role: ar_manager}}]
      remind: {{every: hours(2), times: 2}}
      late: {{after: {after}, {then}}}
    next: [{{go: post}}]
  - {{name: post, carry: {{}}, next: [{{go: done}}]}}
  - {{name: done, end: {{}}}}
"""


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    file = tmp_path_factory.mktemp("clock") / "ahead"
    file.write_text("0")
    return file


@pytest.fixture(scope="module")
def remitd(installation, clock):
    return installation.serve("--clock", clock)


@pytest.fixture(scope="module")
def apply(installation, remitd):
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)

        def applied(*texts, key=installation.key("nordwind")):
            documents = [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", t)[:2]) + ".yaml", text=t) for t in texts]
            plan = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=key)
            if any(not f.is_warning for f in plan.findings):
                return [f"{f.path}:{f.line}: {f.field} {f.message}" for f in plan.findings]
            service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(
                documents=documents, base_version=plan.base_version, fingerprint=plan.fingerprint), metadata=key)
            return []
        yield applied


@pytest.fixture(scope="module")
def people(installation, remitd, apply):
    assert not apply(ROLES.format(name="ar_clerk", permissions=EVERYBODY + ", ledger.document.post, ledger.credit_note.post"),
                     ROLES.format(name="ar_manager", permissions=EVERYBODY), ROLES.format(name="cfo", permissions=EVERYBODY + ", workflow.case.*"),
                     CALENDAR, FLOW.format(after="hours(8)", then="give_to: cfo"), APPROVAL)
    with remitd.channel() as channel:
        persons, keys, admin = person_pb2_grpc.PersonServiceStub(channel), key_pb2_grpc.KeyServiceStub(channel), installation.key("nordwind")
        made = {}
        for login, role in (("anna", "ar_clerk"), ("max", "ar_manager"), ("carl", "cfo")):
            persons.CreatePerson(person_pb2.CreatePersonRequest(person=person_pb2.Person(login=login, name=login.title(), roles=[role])), metadata=admin)
            secret = keys.CreateKey(key_pb2.CreateKeyRequest(principal=login, roles=[role]), metadata=admin).secret
            made[login] = Person(channel, [("authorization", f"Bearer {secret}")], login)
        yield made


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("DL-1")


def worked(start, hours):
    """When so many hours of office work have passed, minute by minute: slow, and plain to see."""
    free = {datetime.date(2026, 12, 24) + datetime.timedelta(n) for n in range(11)} | {datetime.date(2027, 5, 6)}
    at, left = start, hours * 60
    while left:
        works = at.date() == datetime.date(2026, 12, 5) or at.weekday() < 5 and at.date() not in free
        if works and (9 <= at.hour < 12 or 13 <= at.hour < 18):
            left -= 1
        at += datetime.timedelta(minutes=1)
    return at


def ahead(clock, days=0, hours=0):
    clock.write_text(str(int(clock.read_text()) + days * 86400 + hours * 3600))


def now(clock):
    # By the world's clock: hours of a wall are fewer or more where summer time begins or ends.
    return datetime.datetime.fromtimestamp(time.time() + int(clock.read_text()), ZONE)


def test_a_deadline_counts_the_hours_of_work(people, customer, clock):
    for number, (days, hours) in enumerate([(0, 0), (3, 7), (5, 5), (10, 0), (12, 3), (140, 9)]):
        ahead(clock, days, hours)
        begun = now(clock).replace(tzinfo=None)
        case = people["anna"].submit(credit_note(customer, f"T-{number}"))
        due = people["anna"].case(case).visits[0].due_at.ToDatetime(datetime.timezone.utc).astimezone(ZONE).replace(tzinfo=None)
        wanted = worked(begun.replace(second=0, microsecond=0), 8)
        assert abs(due - wanted) <= datetime.timedelta(minutes=2), (begun, due, wanted)
        people["anna"].call("Withdraw", case_pb2.WithdrawRequest(case_id=case.id))


def whats(who, case):
    return [e.what for e in who.case(case).entries]


def test_they_are_reminded_then_others_decide(people, customer, clock, posted):
    anna, max_, carl = people["anna"], people["max"], people["carl"]
    case = anna.submit(credit_note(customer, "L-1"))
    for _ in range(30):
        ahead(clock, hours=12)
        if "late" in whats(anna, case):
            break
        time.sleep(0.3)
    eventually(lambda: "late" in whats(anna, case), "the deadline passes")
    assert whats(anna, case).count("reminded") <= 2
    tasks = [(t.assignee, case_pb2.Task.State.Name(t.state)) for t in anna.case(case).visits[0].tasks]
    assert tasks == [("role/ar_manager", "MOVED"), ("role/cfo", "OPEN")]
    assert not [m for m in max_.mine() if m[0] == case.id]
    with pytest.raises(grpc.RpcError) as moved:
        max_.call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=1, task=1, decision=1))
    assert details(moved.value)["ErrorInfo"].reason == "NOT_YOURS"
    assert carl.decide(case).state == case_pb2.Case.DONE and posted("L-1") == 1


@pytest.mark.parametrize("then, state", [("pass: true", "DONE"), ("reject: true", "REJECTED"), ("go: post", "DONE")])
def test_what_happens_when_it_is_late(people, customer, clock, apply, posted, then, state):
    assert not apply(FLOW.format(after="hours(1)", then=then))
    case = people["anna"].submit(credit_note(customer, f"L-{then[:2]}"))
    # What runs stays by its flow.
    assert not apply(FLOW.format(after="hours(8)", then="give_to: cfo"))
    for _ in range(30):
        ahead(clock, hours=12)
        if case_pb2.Case.State.Name(people["anna"].case(case).state) == state:
            break
        time.sleep(0.3)
    eventually(lambda: case_pb2.Case.State.Name(people["anna"].case(case).state) == state, state)
    assert posted(f"L-{then[:2]}") == (1 if state == "DONE" else 0)


def test_who_asks_again_does_so_at_most_once_an_hour(people, customer, clock):
    anna = people["anna"]
    case = anna.submit(credit_note(customer, "U-1"))
    anna.call("Remind", case_pb2.RemindRequest(case_id=case.id))
    with pytest.raises(grpc.RpcError) as soon:
        anna.call("Remind", case_pb2.RemindRequest(case_id=case.id))
    assert details(soon.value)["ErrorInfo"].reason == "TOO_SOON"
    ahead(clock, hours=2)
    anna.call("Remind", case_pb2.RemindRequest(case_id=case.id))
    anna.call("Comment", case_pb2.CommentRequest(case_id=case.id, text="@max please, it is urgent"))
    anna.call("Withdraw", case_pb2.WithdrawRequest(case_id=case.id))


@pytest.mark.parametrize("change, told", [
    (("hours(8)", "hour(8)"), "late.after"), (("{go: post}", "{go: pots}"), "no step 'pots'"), (("role: ar_manager", "role: nobody"), "nobody"),
    (("calendar: office", "calendar: factory"), "factory"), (("  - {name: post, carry: {}, next: [{go: done}]}\n", ""), "no step 'post'"),
    (("summary: request.document.number", "summary: request.document.nmber"), "nmber"), (("name: manager\n", "name: start\n"), "other than start"),
    (("fallback: cfo\n", ""), "fallback"), (("give_to: cfo", "pass: false"), "must be given")])
def test_a_mistake_in_a_flow_is_told_with_its_place(people, apply, change, told):
    text = FLOW.format(after="hours(8)", then="give_to: cfo")
    assert change[0] in text
    found = apply(text.replace(*change))
    assert found and any(told in line for line in found), found


def test_all_mistakes_are_told_at_once(people, apply):
    text = FLOW.format(after="2 days", then="give_to: boss").replace("{go: post}", "{go: pots}").replace("role: ar_manager", "role: nobody")
    found = "\n".join(apply(text, CALENDAR.replace("09:00-12:00", "banana")))
    for told in ("boss", "nobody", "no step 'pots'", "late.after", "hours[0]"):
        assert told in found, found
    assert "no way leads" not in found


def test_a_flow_that_an_approval_names_cannot_go(people, installation, remitd):
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
        key = installation.key("nordwind")
        all_ = service.GetConfiguration(configuration_pb2.GetConfigurationRequest(), metadata=key).documents
        left = [d for d in all_ if "kind: flow" not in d.text]
        plan = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=left, complete=True), metadata=key)
        assert ["there is no document 'credit_note' that lets through what is held" in f.message for f in plan.findings if not f.is_warning] == [True]


# ---- killed meanwhile --------------------------------------------------------------------------------------


def test_servers_killed_while_people_decide_do_it_once(people, customer, installation, clock, apply, posted, nordwind):
    """Cases are submitted and decided through a server that is killed again and again; each is done exactly once, or not at all, and always whole."""
    chance = random.Random(5)
    rounds = 8
    for round in range(rounds):
        server = installation.serve("--clock", clock)
        with server.channel() as channel:
            anna, max_ = (Person(channel, people[n].metadata, n) for n in ("anna", "max"))
            cases = [anna.submit(credit_note(customer, f"K-{round}-{n}"), key=f"k-{round}-{n}") for n in range(6)]
            import threading

            def decide():
                for case in cases:
                    try:
                        max_.call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=1, task=1, decision=1), key=f"d-{case.id}")
                    except grpc.RpcError:
                        return
            work = threading.Thread(target=decide)
            work.start()
            time.sleep(chance.uniform(0.0, 0.12))
            server.process.kill()
            server.process.wait()
            work.join(60)
        # By the other server, with the same keys: what was done is answered, the rest is done.
        for case in cases:
            done = people["max"].call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=1, task=1, decision=1), key=f"d-{case.id}")
            assert done.state == case_pb2.Case.DONE
            assert whats(people["anna"], case) == ["submitted", "approved", "carried_out", "done"]
    numbers = [f"K-{round}-{n}" for round in range(rounds) for n in range(6)]
    assert [posted(number) for number in numbers] == [1] * len(numbers)
