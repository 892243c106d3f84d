"""What an attacker found of approvals: votes that were two, cases that were done twice or never ended, flows and calendars that cannot work."""

import importlib
import re

import grpc
import pytest
from companies import Company, day
from conftest import details

from remit.plugin.v1 import plugin_pb2
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, key_pb2, key_pb2_grpc, person_pb2, person_pb2_grpc
from remit.workflow.v1 import case_pb2, case_pb2_grpc

story = importlib.import_module("80_approvals_test")
Person, ROLES, EVERYBODY, APPROVAL, credit_note, posted, reason = (getattr(story, n) for n in ("Person", "ROLES", "EVERYBODY", "APPROVAL", "credit_note", "posted", "reason"))
BEGIN = "kind: flow\nname: credit_note\nmethod: remit.ledger.v1.LedgerService/PostDocument\nsummary: request.document.number\nfallback: cfo\n"
END = "  - {name: post, carry: {}, next: [{go: done}]}\n  - {name: done, end: {}}\n"
MANAGER = "  - {name: manager, approve: {by: [{role: ar_manager}], allow: [return, transfer]}, next: [{go: post}]}\n"


@pytest.fixture(scope="module")
def plan(installation, remitd):
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
        key = installation.key("nordwind")

        def planned(*texts, apply=False):
            documents = [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", t)[:2]) + ".yaml", text=t) for t in texts]
            made = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=key)
            found = [f"{f.field}: {f.message}" for f in made.findings if not f.is_warning]
            if apply:
                assert not found
                service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(documents=documents, base_version=made.base_version), metadata=key)
            return found
        yield planned


@pytest.fixture(scope="module")
def flow(plan):
    """Applies a flow of these steps."""
    return lambda steps, *texts, head=BEGIN: plan(head + "steps:\n" + steps, *texts, apply=True)


@pytest.fixture(scope="module")
def admin(installation, remitd):
    with remitd.channel() as channel:
        yield person_pb2_grpc.PersonServiceStub(channel), installation.key("nordwind")


@pytest.fixture(scope="module")
def people(installation, remitd, plan, admin):
    may_post = ", ledger.document.post, ledger.credit_note.post"
    plan(ROLES.format(name="ar_clerk", permissions=EVERYBODY + may_post), ROLES.format(name="ar_manager", permissions=EVERYBODY + may_post),
         ROLES.format(name="cfo", permissions=EVERYBODY + ", workflow.case.*" + may_post), BEGIN + "steps:\n" + MANAGER + END, APPROVAL, apply=True)
    with remitd.channel() as channel:
        keys, made = key_pb2_grpc.KeyServiceStub(channel), {}
        for login, role in (("max", "ar_manager"), ("mia", "ar_manager"), ("carl", "cfo"), ("anna", "ar_clerk"), ("bert", "ar_clerk")):
            admin[0].CreatePerson(person_pb2.CreatePersonRequest(person=person_pb2.Person(login=login, name=login.title(), roles=[role])), metadata=admin[1])
            secret = keys.CreateKey(key_pb2.CreateKeyRequest(principal=login, roles=[role]), metadata=admin[1]).secret
            made[login] = Person(channel, [("authorization", f"Bearer {secret}")], login)
        yield made


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("AT-1")


@pytest.fixture
def away(admin):
    def gone(login, substitute):
        person = admin[0].GetPerson(person_pb2.GetPersonRequest(id=login), metadata=admin[1])
        person.away_from, person.away_until, person.substitute = (day(-1), day(3), substitute) if substitute else ("", "", "")
        admin[0].UpdatePerson(person_pb2.UpdatePersonRequest(person=person), metadata=admin[1])
        absent.add(login)
    absent = set()
    yield gone
    for login in list(absent):
        gone(login, "")


def state(case):
    return case_pb2.Case.State.Name(case.state)


def vote(who, case, visit, task, decision="APPROVE", **more):
    return who.call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=visit, task=task, decision=case_pb2.DecideRequest.Decision.Value(decision), **more))


def refused(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    return reason(error)


# ---- one vote a person, and none of who submitted it ----------------------------------------------------


def test_who_stands_in_for_the_submitter_decides_nothing_by_that(people, customer, flow, away, posted):
    flow(MANAGER + END)
    max_, bert, anna = people["max"], people["bert"], people["anna"]
    away("max", "bert")
    away("bert", "anna")
    case = max_.submit(credit_note(customer, "S-1", "800"))
    for who in (bert, anna, max_):
        assert not [m for m in who.mine() if m[0] == case.id]
    assert refused(lambda: vote(max_, case, 1, 1)) == "OWN_CASE"
    # They take no part in it: to them there is no such case.
    assert refused(lambda: vote(anna, case, 1, 1)) in ("NOT_YOURS", "NO_CASE")
    assert refused(lambda: vote(bert, case, 1, 1)) in ("NOT_YOURS", "NO_CASE")
    assert posted("S-1") == 0 and state(people["mia"].decide(case)) == "DONE"


def test_nobody_has_a_second_vote_by_who_stands_in(people, customer, flow, away, posted):
    flow("  - {name: manager, approve: {by: [{person: \"'max'\"}, {role: ar_manager}], need: all}, next: [{go: post}]}\n" + END)
    away("max", "bert")
    case = people["anna"].submit(credit_note(customer, "S-2", "800"))
    assert state(vote(people["bert"], case, 1, 1)) == "RUNNING"
    assert refused(lambda: vote(people["max"], case, 1, 2)) == "ALREADY_DECIDED"
    assert refused(lambda: vote(people["bert"], case, 1, 2)) == "ALREADY_DECIDED"
    assert posted("S-2") == 0 and state(people["mia"].decide(case)) == "DONE"


def test_who_submitted_it_before_decides_nothing(people, customer, flow, posted):
    flow(MANAGER + END)
    max_, mia, carl = people["max"], people["mia"], people["carl"]
    people["anna"].submit(credit_note(customer, "S-0", "800"))
    case = max_.submit(credit_note(customer, "S-3", "800"))
    other = people["anna"].submit(credit_note(customer, "S-3", "800"))
    mia.decide(other)
    assert state(mia.decide(case)) == "BLOCKED"
    assert state(carl.call("Adopt", case_pb2.AdoptRequest(case_id=case.id))) == "BLOCKED"
    again = carl.call("Resubmit", case_pb2.ResubmitRequest(case_id=case.id, request=story.wish(credit_note(customer, "S-4", "800"))))
    assert state(again) == "RUNNING"
    assert refused(lambda: vote(max_, case, again.visits[-1].visit, 1)) == "OWN_CASE"
    assert state(mia.decide(case)) == "DONE" and posted("S-4") == 1


def test_a_deadline_comes_when_it_comes(people, customer, flow, remitd, installation):
    flow("  - {name: manager, approve: {by: [{role: ar_manager}], late: {after: days(2), pass: true}}, next: [{go: post}]}\n" + END)
    case = people["anna"].submit(credit_note(customer, "S-5", "800"))
    with remitd.channel() as channel:
        hook = case_pb2_grpc.FlowHookServiceStub(channel)
        hook.WakeCase(plugin_pb2.Wake(key=f"late/{case.id}/1"), metadata=people["carl"].metadata)
        hook.WakeCase(plugin_pb2.Wake(key=f"late/{case.id}/1"), metadata=installation.key("nordwind"))
    assert state(people["anna"].case(case)) == "RUNNING"
    people["anna"].call("Withdraw", case_pb2.WithdrawRequest(case_id=case.id))


def test_to_who_takes_no_part_there_is_no_case(people, customer, flow):
    flow(MANAGER + END)
    case, bert = people["anna"].submit(credit_note(customer, "S-6", "800")), people["bert"]
    for method, request in (("Withdraw", case_pb2.WithdrawRequest), ("Resubmit", case_pb2.ResubmitRequest), ("Remind", case_pb2.RemindRequest),
                            ("GetCase", case_pb2.GetCaseRequest)):
        assert refused(lambda: bert.call(method, request(case_id=case.id))) == "NO_CASE", method
    assert refused(lambda: bert.call("Comment", case_pb2.CommentRequest(case_id=case.id, text="hm"))) == "NO_CASE"
    assert refused(lambda: vote(bert, case, 1, 1)) == "NO_CASE"
    people["anna"].call("Withdraw", case_pb2.WithdrawRequest(case_id=case.id))


# ---- done once ---------------------------------------------------------------------------------------------

SPLIT = """\
  - {name: s, split: {branches: [{go: a}, {go: b}]}}
  - {name: a, approve: {by: [{role: ar_manager}], allow: [return], return_to: [s, start]}, next: [{go: j}]}
  - {name: b, approve: {by: [{role: cfo}]}, next: [{when: "rules.open(1).yes", go: j}]}
  - {name: j, join: {of: s}, next: [{go: post}]}
"""
RULE = "kind: rule\nname: open\nhit: first\ngiven:\n  - {name: n, type: int}\ngives:\n  - {name: yes, type: bool}\nrows:\n  - {when: ['-'], then: [%s]}\n"


@pytest.mark.parametrize("retries", [True, False])
def test_what_is_void_is_void_also_where_it_was_blocked(people, customer, flow, plan, posted, retries):
    plan(RULE % "false", apply=True)
    flow(SPLIT + END)
    max_, carl = people["max"], people["carl"]
    number = f"V-{retries}"
    case = people["anna"].submit(credit_note(customer, number, "800"))
    assert state(carl.decide(case)) == "BLOCKED"
    back = max_.decide(case, "RETURN", return_to="s", comment="anew")
    assert state(back) == "RUNNING", "what was blocked is void"
    plan(RULE % "true", apply=True)
    if retries:
        assert refused(lambda: carl.call("Retry", case_pb2.RetryRequest(case_id=case.id))) == "NOT_BLOCKED"
    assert posted(number) == 0
    assert state(carl.decide(case)) == "RUNNING" and posted(number) == 0
    assert state(max_.decide(case)) == "DONE" and posted(number) == 1
    assert [e.what for e in max_.case(case).entries].count("carried_out") == 1


def test_what_goes_round_for_ever_stays_blocked(people, customer, flow, posted):
    flow("  - {name: manager, approve: {by: [{role: ar_manager}]}, next: [{go: a}]}\n  - {name: a, decide: {as: x, is: 1 + 1}, next: [{when: x > 9, go: post}, {go: b}]}\n"
         "  - {name: b, decide: {as: y, is: x}, next: [{go: a}]}\n" + END)
    case = people["anna"].submit(credit_note(customer, "R-1", "800"))
    blocked = people["max"].decide(case)
    assert (state(blocked), blocked.problem.reason) == ("BLOCKED", "ENDLESS")
    assert people["carl"].call("Retry", case_pb2.RetryRequest(case_id=case.id)).problem.reason == "ENDLESS" and posted("R-1") == 0
    people["carl"].call("Stop", case_pb2.StopRequest(case_id=case.id))


def test_a_join_that_nothing_comes_to_says_so(people, customer, flow):
    ways = "  - {name: o, split: {branches: [{go: j}, {go: x}]}}\n  - {name: x, decide: {as: z, is: '1'}, next: [{go: j}]}\n  - {name: j, join: {of: o}, next: [{go: %s}]}\n"
    flow(ways % "k" + "  - {name: k, join: {of: o}, next: [{go: manager}]}\n" + MANAGER + END)
    assert refused(lambda: people["anna"].submit(credit_note(customer, "J-1", "800"))) == "NO_WAY"


def test_of_two_approvals_the_lowest_holds(people, customer, flow, plan, posted):
    flow(MANAGER + END)
    other = APPROVAL.replace("name: credit_note", "name: second").replace("flow: credit_note", "flow: credit_note\nrank: 2")
    plan(other, apply=True)
    case = people["anna"].submit(credit_note(customer, "Z-1", "800"))
    assert state(people["max"].decide(case)) == "DONE" and posted("Z-1") == 1


@pytest.mark.parametrize("value, ends", [("1.0 / 0.0", "DONE"), ("'a' + '\\u0000'", "VALUE_REFUSED")])
def test_what_cannot_be_kept_blocks(people, customer, flow, value, ends):
    flow("  - {name: manager, approve: {by: [{role: ar_manager}]}, next: [{go: v}]}\n  - {name: v, decide: {as: v, is: \"" + value.replace("\\", "\\\\") + "\"}, next: [{go: post}]}\n" + END)
    case = people["anna"].submit(credit_note(customer, f"Q-{ends}", "800"))
    done = people["max"].decide(case)
    assert ends in (state(done), done.problem.reason)
    if state(done) == "BLOCKED":
        people["carl"].call("Stop", case_pb2.StopRequest(case_id=case.id))


def test_it_goes_back_only_where_it_came_by(people, customer, flow, posted):
    flow("  - {name: one, approve: {by: [{role: ar_manager}], allow: [return], return_to: [two, start]}, next: [{go: two}]}\n"
         "  - {name: two, approve: {by: [{role: cfo}], allow: [return], return_to: [one]}, next: [{go: post}]}\n" + END)
    case = people["anna"].submit(credit_note(customer, "F-1", "800"))
    assert list(people["max"].case(case).visits[0].return_to) == ["start"]
    assert refused(lambda: people["max"].decide(case, "RETURN", return_to="two", comment="hm")) == "NO_STEP"
    people["max"].decide(case)
    assert [v.step for v in people["carl"].decide(case, "RETURN", comment="again").visits if v.state == case_pb2.Visit.OPEN] == ["one"]
    listed = people["anna"].call("ListCases", case_pb2.ListCasesRequest(open=True)).cases[0]
    assert (listed.id, [v.step for v in listed.visits], [t.assignee for v in listed.visits for t in v.tasks]) == (case.id, ["one"], ["role/ar_manager"])
    people["max"].decide(case)
    assert state(people["carl"].decide(case)) == "DONE" and posted("F-1") == 1


# ---- what a plan refuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps, told", [
    ("  - {name: post, carry: {}, next: [{go: late}]}\n  - {name: late, approve: {by: [{role: cfo}]}, next: [{go: done}]}\n  - {name: done, end: {}}\n", "late comes after it"),
    ("  - {name: post, carry: {}, next: [{go: again}]}\n  - {name: again, carry: {}, next: [{go: done}]}\n  - {name: done, end: {}}\n", "again comes after it"),
    ("  - {name: post, carry: {}, next: [{go: done}]}\n  - {name: done, end: {reject: true}}\n", "done comes after it"),
    ("  - {name: s, split: {branches: [{go: post}, {go: post}]}}\n" + END, "post comes before")])
def test_a_flow_that_could_do_it_twice_is_refused(people, plan, steps, told):
    assert any(told in line for line in plan(BEGIN + "steps:\n" + steps)), plan(BEGIN + "steps:\n" + steps)


@pytest.mark.parametrize("change, field", [
    (('"09:00-17:00"', '"18:00-09:00"'), "week[0].hours[0]"), (('"09:00-17:00"', '"24:00-24:00"'), "week[0].hours[0]"), (("[tuesday]", "[monday]"), "week[1].days[0]"),
    (("[2026-12-24]", "['']"), "holidays[0]"), (("[2026-12-24]", "[2000-01-01..2026-12-24]"), "holidays[0]"), (('"09:00-17:00"', '"9-17"'), "week[0].hours[0]")])
def test_a_calendar_that_cannot_be_is_refused(people, plan, change, field):
    text = 'kind: calendar\nname: shop\nweek:\n  - {days: [monday], hours: ["09:00-17:00"]}\n  - {days: [tuesday], hours: ["10:00-24:00"]}\nholidays: [2026-12-24]\n'
    assert not plan(text)
    assert change[0] in text and [line for line in plan(text.replace(*change)) if line.startswith(field)]


def test_approving_itself_is_not_held(people, plan):
    text = "kind: approval\nname: self\nmethod: remit.workflow.v1.%s\nflow: credit_note\n"
    for method in ("TaskService/Decide", "CaseService/Submit", "FlowHookService/WakeCase"):
        assert any("cannot be held itself" in line for line in plan(text % method)), method


@pytest.mark.parametrize("until", ["date('0001-01-01')", "date('9999-12-31')", "'soon'"])
def test_a_day_of_no_company_is_no_deadline(people, customer, flow, until):
    flow("  - {name: w, wait: {until: \"" + until + "\"}, next: [{go: post}]}\n" + END)
    assert refused(lambda: people["anna"].submit(credit_note(customer, "U-9", "800"))) == "DEADLINE"
