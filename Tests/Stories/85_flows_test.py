"""Flows that persons start, and that begin with what happens: they call methods as who began them, wait for events, are tried before they hold, and running
cases are moved to what holds now."""

import importlib
import re
import shlex
import time

import grpc
import pytest
from conftest import ROOT, details
from google.protobuf import json_format, struct_pb2

from remit.ledger.v1 import ledger_pb2 as ledger_pb
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, key_pb2, key_pb2_grpc, operation_pb2, operation_pb2_grpc, person_pb2, person_pb2_grpc, record_pb2, record_pb2_grpc
from remit.workflow.v1 import case_pb2, case_pb2_grpc

approvals, deadlines = importlib.import_module("80_approvals_test"), importlib.import_module("81_deadlines_test")
Person, ROLES, EVERYBODY = approvals.Person, approvals.ROLES, approvals.EVERYBODY
clock, remitd, apply, ahead = deadlines.clock, deadlines.remitd, deadlines.apply, deadlines.ahead
MORE = EVERYBODY + ", workflow.case.start, workflow.flow.*"

FORM = """\
kind: form
name: customer_limit
method: remit.ledger.v1.LedgerService/UpdateCustomer
at: customer
fields:
  - {name: credit_limit, type: decimal, scale: 2, label: {en: Credit limit, zh: 信用额度}, max: "99999.99"}
"""
NEW_FORM = FORM.replace("customer_limit", "customer").replace("UpdateCustomer", "CreateCustomer") + """\
  - {name: segment, type: text}
  - {name: contact_email, type: text}
"""
LIMIT = """\
# Who needs more asks for it.
kind: flow
name: credit_limit
title: {en: Credit limit, zh: 信用额度}
with:
  - {name: customer, view: ledger.customer_v1, where: [{column: number, is: given.customer}]}
subject: "'customer/' + customer.customer_id"
summary: "'limit of ' + customer.name + ': ' + given.limit"
fallback: cfo
given:
  - {name: customer, title: {en: Customer, zh: 客户}}
  - {name: limit, type: decimal}
  - {name: until, type: date, optional: true}
steps:
  - name: cfo
    approve: {by: [{role: cfo}], allow: [return]}
    next: [{go: set}]
  - name: set
    call:
      method: remit.ledger.v1.LedgerService/UpdateCustomer
      as: updated
      request:
        - {field: customer.id, is: customer.customer_id}
        - {field: customer.version, is: customer.version}
        - {field: customer.custom.credit_limit, is: given.limit}
        - {field: update_mask, is: "'custom'"}
    failed: tell
    next: [{go: done}]
  - {name: tell, notify: {to: [{person: submitter.login}], text: {en: The limit could not be set}}, next: [{go: refused}]}
  - {name: refused, end: {reject: true}}
  - {name: done, end: {}}
"""
LARGE = """\
kind: flow
name: large_invoice
summary: "'paid? ' + start.number"
subject: "'customer/' + start.customer_id"
amount: start.amount
fallback: cfo
starts_on: {event: remit.ledger.v1.DocumentPosted, when: "start.kind == 'invoice' && start.amount >= money('10000', 'EUR')"}
steps:
  - name: paid
    wait:
      event: remit.ledger.v1.ItemChanged
      about: "'customer/' + start.customer_id"
      when: event.document_id == start.id && event.change < money('0', 'EUR')
      as: payment
      late: {after: days(30), go: chase}
    next: [{go: done}]
  - {name: chase, notify: {to: [{role: cfo}], text: {en: A large invoice is not paid}}, next: [{go: paid}]}
  - {name: done, end: {}}
"""
RECORD = """\
kind: record
name: welcome
title: {en: Welcome letters}
fields:
  - {name: customer, type: text, required: "true"}
"""
WELCOME = """\
kind: flow
name: welcome
summary: "'welcome ' + start.number"
fallback: cfo
starts_on: {event: remit.ledger.v1.CustomerChanged, when: start.version == 1 && start.number.startsWith('WEL-')}
steps:
  - name: letter
    call:
      method: remit.platform.v1.RecordService/CreateRecord
      as: letter
      request:
        - {field: record.kind, is: "'welcome'"}
        - {field: record.id, is: "'L-' + start.number"}
        - {field: record.custom.customer, is: start.id}
    next: [{go: done}]
  - {name: done, end: {}}
"""


@pytest.fixture(scope="module")
def people(installation, remitd, apply):
    assert not apply(ROLES.format(name="ar_clerk", permissions=MORE + ", ledger.customer.update"), ROLES.format(name="cfo", permissions=MORE + ", workflow.case.*, platform.record.*"),
                     FORM, NEW_FORM, LIMIT, LARGE, RECORD, WELCOME)
    yield from staff(installation, remitd, (("anna", "ar_clerk"), ("carl", "cfo")))


def staff(installation, remitd, logins):
    with remitd.channel() as channel:
        persons, keys, admin = person_pb2_grpc.PersonServiceStub(channel), key_pb2_grpc.KeyServiceStub(channel), installation.key("nordwind")
        made = {}
        for login, role in logins:
            persons.CreatePerson(person_pb2.CreatePersonRequest(person=person_pb2.Person(login=login, name=login.title(), roles=[role])), metadata=admin)
            secret = keys.CreateKey(key_pb2.CreateKeyRequest(principal=login, roles=[role]), metadata=admin).secret
            made[login] = Person(channel, [("authorization", f"Bearer {secret}")], login)
            made[login].flows = case_pb2_grpc.FlowServiceStub(channel)
            made[login].records = record_pb2_grpc.RecordServiceStub(channel)
        yield made


def wait(get, until, seconds=60):
    end = time.monotonic() + seconds
    while not until(found := get()):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def struct(**fields):
    made = struct_pb2.Struct()
    made.update(fields)
    return made


def start(person, flow="credit_limit", key=None, **given):
    return person.call("Start", case_pb2.StartRequest(flow=flow, given=struct(**given)), key)


def steps(case):
    return [v.step for v in case.visits]


def cases(person, flow):
    return list(person.call("ListCases", case_pb2.ListCasesRequest(flow=flow)).cases)


def limit(person, customer):
    return dict(person.ledger.GetCustomer(ledger_pb.GetCustomerRequest(id=customer), metadata=person.metadata).custom).get("credit_limit")


def test_a_person_starts_a_flow_and_what_it_calls_is_done_as_them(people, nordwind, installation, remitd):
    anna, carl = people["anna"], people["carl"]
    shown = {f.name: f for f in anna.flows.ListFlows(case_pb2.ListFlowsRequest(), metadata=anna.metadata).flows}
    assert shown["credit_limit"].can_start and [g.name for g in shown["credit_limit"].given] == ["customer", "limit", "until"]
    assert not shown["large_invoice"].can_start and shown["large_invoice"].event == "remit.ledger.v1.DocumentPosted"
    customer = nordwind.customer("FL-1")
    case = start(anna, customer="FL-1", limit="5000.00")
    assert case.summary == "limit of Customer FL-1: 5000.00" and case.method == "" and steps(case) == ["cfo"], case
    assert limit(carl, customer) is None
    done = carl.decide(case)
    assert done.state == case_pb2.Case.DONE and steps(done) == ["cfo", "set", "done"]
    assert limit(carl, customer) == "5000.00"
    full = carl.case(case)
    assert dict(full.given) == {"customer": "FL-1", "limit": "5000.00", "until": None}
    assert [e.what for e in full.entries] == ["submitted", "approved", "called", "done"]
    with remitd.channel() as channel:
        audit = operation_pb2_grpc.AuditServiceStub(channel).ListCalls(
            operation_pb2.ListCallsRequest(method="UpdateCustomer"), metadata=installation.key("nordwind")).calls
    assert audit and audit[0].principal == "anna" and audit[0].via, audit


def test_what_is_given_is_checked(people):
    anna = people["anna"]
    for given, field in (({}, "given.customer"), ({"customer": "FL-1", "limit": 5}, "given.limit"), ({"customer": "FL-1", "limit": "1e5"}, "given.limit"),
                         ({"customer": "FL-1", "limit": "1", "until": "2026-02-30"}, "given.until"), ({"customer": "FL-1", "limit": "1", "x": "y"}, "given.x"),
                         ({"customer": "x" * 4001, "limit": "1"}, "given.customer"), ({"customer": ["FL-1"], "limit": "1"}, "given.customer")):
        with pytest.raises(grpc.RpcError) as refused:
            start(anna, **given)
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT and details(refused.value)["ErrorInfo"].reason == "GIVEN", (given, refused.value.details())
        assert field in refused.value.details(), refused.value.details()
    for flow, reason in (("large_invoice", "NOT_BY_HAND"), ("nothing", "NO_FLOW"), ("", "")):
        with pytest.raises(grpc.RpcError) as refused:
            start(anna, flow=flow)
        assert reason in str(details(refused.value)), refused.value.details()


def test_a_refused_call_goes_its_own_way(people, nordwind):
    anna, carl = people["anna"], people["carl"]
    customer = nordwind.customer("FL-2")
    case = start(anna, customer="FL-2", limit="100000.00")  # the form refuses it
    done = carl.decide(case)
    assert done.state == case_pb2.Case.REJECTED and steps(done) == ["cfo", "set", "tell", "refused"], done
    assert limit(carl, customer) is None
    # Once started, the customer is another: the version that was looked up is not that any more.
    case = start(anna, customer="FL-2", limit="7.00")
    nordwind.call("UpdateCustomer", ledger_pb.UpdateCustomerRequest(customer=dict(id=customer, version=1, name="Other"), update_mask=dict(paths=["name"])))
    assert carl.decide(case).state == case_pb2.Case.REJECTED
    # There is no such customer: who starts it is told at once.
    with pytest.raises(grpc.RpcError) as refused:
        start(anna, customer="FL-NONE", limit="7.00")
    assert "what this is about" in refused.value.details()


def test_returned_and_given_otherwise(people, nordwind):
    anna, carl = people["anna"], people["carl"]
    customer = nordwind.customer("FL-3")
    case = start(anna, customer="FL-3", limit="900.00")
    assert carl.decide(case, "RETURN", comment="too much").state == case_pb2.Case.RETURNED
    again = anna.call("Resubmit", case_pb2.ResubmitRequest(case_id=case.id, request=struct(customer="FL-3", limit="300.00")))
    assert again.state == case_pb2.Case.RUNNING and again.summary.endswith("300.00")
    entry = [e for e in anna.case(case).entries if e.what == "changed_and_submitted"][0]
    assert [(c.field, c.before, c.after) for c in entry.changes] == [("limit", "900.00", "300.00")]
    with pytest.raises(grpc.RpcError):
        anna.call("Resubmit", case_pb2.ResubmitRequest(case_id=case.id))
    assert carl.decide(case).state == case_pb2.Case.DONE, carl.case(case).entries
    assert limit(carl, customer) == "300.00"


def test_an_event_begins_a_case_which_waits_for_another(people, nordwind):
    carl = people["carl"]
    customer = nordwind.customer("FL-4")
    nordwind.invoice(customer, "FL-4-SMALL", "9999.99")
    large, _ = nordwind.invoice(customer, "FL-4-LARGE", "10000.00"), nordwind.invoice(customer, "FL-4-OTHER", "12000.00")
    found = wait(lambda: [c for c in cases(carl, "large_invoice") if c.subject == f"customer/{customer}"], lambda c: len(c) == 2)
    assert sorted(c.summary for c in found) == ["paid? FL-4-LARGE", "paid? FL-4-OTHER"] and {c.submitter for c in found} == {""}
    assert all(c.state == case_pb2.Case.RUNNING and c.visits[0].awaits == "remit.ledger.v1.ItemChanged" for c in found), found
    first = next(c for c in found if c.summary.endswith("LARGE"))
    shown = carl.case(first)
    assert shown.event_type == "remit.ledger.v1.DocumentPosted" and shown.event["number"] == "FL-4-LARGE" and shown.amount.amount == "10000.00"
    nordwind.receipt(customer, "10000.00", invoice=large.id)
    done = wait(lambda: carl.case(first), lambda c: c.state == case_pb2.Case.DONE)
    assert [e.what for e in done.entries] == ["started", "heard", "done"], done.entries
    assert carl.case(next(c for c in found if c.summary.endswith("OTHER"))).state == case_pb2.Case.RUNNING


def test_what_does_not_happen_is_late(people, nordwind, clock):
    carl = people["carl"]
    customer = nordwind.customer("FL-5")
    invoice = nordwind.invoice(customer, "FL-5-1", "20000.00")
    case = wait(lambda: [c for c in cases(carl, "large_invoice") if c.subject == f"customer/{customer}"], lambda c: len(c) == 1)[0]
    ahead(clock, 31)
    case = wait(lambda: carl.case(case), lambda c: len(c.visits) >= 3)
    assert steps(case) == ["paid", "chase", "paid"] and case.state == case_pb2.Case.RUNNING
    nordwind.receipt(customer, "20000.00", invoice=invoice.id)
    assert wait(lambda: carl.case(case), lambda c: c.state == case_pb2.Case.DONE)


def test_what_nobody_began_is_adopted_where_somebody_must_answer_for_it(people, nordwind):
    carl = people["carl"]
    nordwind.customer("WEL-1"), nordwind.customer("OTHER-1")
    case = wait(lambda: cases(carl, "welcome"), lambda c: len(c) == 1)[0]
    assert case.state == case_pb2.Case.BLOCKED and case.problem.reason == "NOBODY" and "adopt" in carl.case(case).may
    done = carl.call("Adopt", case_pb2.AdoptRequest(case_id=case.id))
    assert done.state == case_pb2.Case.DONE and done.submitter == "carl", (done.problem, done.submitter)
    records = carl.records.ListRecords(record_pb2.ListRecordsRequest(kind="welcome"), metadata=carl.metadata).records
    assert len(records) == 1 and records[0].custom["customer"]


def simulate(person, answers=(), **request):
    asked = case_pb2.SimulateRequest(answers=[case_pb2.Answer(step=s, kind=k) for s, k in answers], **request)
    return person.flows.Simulate(asked, metadata=person.metadata).case_file


def test_a_flow_is_simulated(people, nordwind):
    anna, carl = people["anna"], people["carl"]
    customer = nordwind.customer("FL-6")
    given = struct(customer="FL-6", limit="10.00")
    passed = simulate(anna, flow="credit_limit", given=given)
    assert steps(passed) == ["cfo", "set", "done"] and passed.state == case_pb2.Case.DONE
    assert passed.visits[0].tasks[0].assignee == "role/cfo" and [e.what for e in passed.entries][:2] == ["approved", "called"]
    assert simulate(anna, [("cfo", "REJECT")], flow="credit_limit", given=given).state == case_pb2.Case.REJECTED
    assert steps(simulate(anna, [("set", "REJECT")], flow="credit_limit", given=given)) == ["cfo", "set", "tell", "refused"]
    assert simulate(anna, [("cfo", "RETURN")], flow="credit_limit", given=given).state == case_pb2.Case.RETURNED
    # Nothing is done, and nobody asked.
    assert limit(carl, customer) is None and not [c for c in cases(carl, "credit_limit") if c.summary.startswith("limit of Customer FL-6")]
    nordwind.invoice(customer, "FL-6-1", "15000.00")
    case = wait(lambda: [c for c in cases(carl, "large_invoice") if c.subject == f"customer/{customer}"], lambda c: len(c) == 1)[0]
    late = simulate(carl, [("paid", "LATE"), ("paid", "LATE")], case_id=case.id)
    assert steps(late) == ["paid", "chase", "paid", "chase", "paid", "done"]
    due = [v.due_at.seconds - late.visits[0].started_at.seconds for v in late.visits if v.step == "paid"]
    assert due == [30 * 86400, 60 * 86400, 90 * 86400], due


def test_a_changed_flow_is_tried_before_it_holds_and_cases_are_moved(people, nordwind, installation, remitd, apply):
    anna, carl = people["anna"], people["carl"]
    customer = nordwind.customer("FL-7")
    decided, waiting = start(anna, customer="FL-7", limit="1.00"), start(anna, customer="FL-7", limit="2.00")
    assert carl.decide(decided).state == case_pb2.Case.DONE
    changed = LIMIT.replace("  - name: cfo\n", """\
  - name: small
    decide: {as: small, is: decimal(given.limit) < decimal('1.50')}
    next: [{when: small, go: set}, {go: money}]
  - name: money
""")
    with remitd.channel() as channel:
        service, key = configuration_pb2_grpc.ConfigurationServiceStub(channel), installation.key("nordwind")

        def as_if(text, method, **request):
            reply = service.TryCall(configuration_pb2.TryCallRequest(
                method=f"remit.workflow.v1.FlowService/{method}", request=struct(**request),
                documents=[configuration_pb2.SourceDocument(path="flow.credit_limit.yaml", text=text)]), metadata=key)
            return [f.message for f in reply.findings if not f.is_warning], json_format.MessageToDict(reply.reply)

        findings, tried = as_if(changed, "Simulate", flow="credit_limit", given={"customer": "FL-7", "limit": "1.00"})
        assert not findings and tried.get("caseFile"), (findings, tried)
        assert [v["step"] for v in tried["caseFile"]["visits"]] == ["small", "set", "done"], tried
        assert [v.step for v in simulate(anna, flow="credit_limit", given=struct(customer="FL-7", limit="1.00")).visits] == ["cfo", "set", "done"]
        findings, real = as_if(changed, "SimulateCases", flow="credit_limit")
        assert real["tried"] >= 6 and real["others"], real
        other = next(o for o in real["others"] if o["caseId"] == decided.id)
        assert other["was"] == ["cfo", "set", "done"] and other["is"] == ["small", "set", "done"]
        findings, real = as_if(LIMIT, "SimulateCases", flow="credit_limit")
        assert not real.get("others"), real
        assert as_if(changed.replace("go: money", "go: nowhere"), "Simulate", flow="credit_limit")[0]
        # Only what reads, and of modules.
        for method in ("remit.workflow.v1.CaseService/Start", "remit.platform.v1.KeyService/ListKeys", "nothing"):
            with pytest.raises(grpc.RpcError) as refused:
                service.TryCall(configuration_pb2.TryCallRequest(method=method), metadata=key)
            assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    assert not apply(changed)
    # The case goes on by what it began with, until it is moved.
    move = lambda **more: carl.flows.Move(case_pb2.MoveRequest(flow="credit_limit", **more), metadata=carl.metadata)
    refused = move()
    assert refused.moved == 0 and "has no step cfo" in refused.refused[0].why, refused
    plan = carl.flows.PlanMove(case_pb2.MoveRequest(flow="credit_limit", steps=[case_pb2.StepMap(**{"from": "cfo", "to": "set"})]), metadata=carl.metadata)
    assert plan.moved == 0 and "is approve, and set is call" in plan.refused[0].why, plan
    moved = move(steps=[case_pb2.StepMap(**{"from": "cfo", "to": "money"})])
    assert moved.moved == 1 and not moved.refused and moved.left == 0, moved
    shown = carl.case(waiting)
    assert steps(shown) == ["money"] and shown.entries[-1].what == "moved"
    assert carl.decide(waiting).state == case_pb2.Case.REJECTED  # the other case changed the customer meanwhile
    assert move().moved == 0


# ---- what an attacker found

PAY = """\
kind: flow
name: pay
summary: "'pay ' + given.customer"
fallback: cfo
given: [{name: customer}]
steps:
  - {name: cfo, approve: {by: [{role: cfo}]}, next: [{go: post}]}
  - name: post
    call:
      method: remit.ledger.v1.LedgerService/PostReceipt
      as: made
      request:
        - {field: receipt.customer_id, is: given.customer}
        - {field: receipt.amount, is: "money('7', 'EUR')"}
        - {field: receipt.received_on, is: today}
    next: [{when: made.nothing == 'x', go: done}]
  - {name: done, end: {}}
"""


def test_what_was_called_is_not_called_again(people, nordwind, apply):
    anna, carl = people["anna"], people["carl"]
    role = ROLES.format(name="ar_clerk", permissions=MORE + ", ledger.customer.update, ledger.receipt.post")
    assert not apply(role, PAY)
    customer = nordwind.customer("FL-8")
    receipts = lambda: len([d for d in nordwind.call("ListDocuments", ledger_pb.ListDocumentsRequest(customer_id=customer)).documents])
    case = start(anna, "pay", customer=customer)
    blocked = carl.decide(case)
    assert blocked.state == case_pb2.Case.BLOCKED and receipts() == 1
    for _ in range(2):
        assert carl.call("Retry", case_pb2.RetryRequest(case_id=case.id)).state == case_pb2.Case.BLOCKED
    for method, request in (("Resubmit", case_pb2.ResubmitRequest(case_id=case.id)), ("Withdraw", case_pb2.WithdrawRequest(case_id=case.id))):
        with pytest.raises(grpc.RpcError) as refused:
            anna.call(method, request)
        assert details(refused.value)["ErrorInfo"].reason == "CARRIED_OUT", refused.value.details()
    assert receipts() == 1
    # The flow is mended, the case moved and tried again: it goes on after what was done.
    assert not apply(PAY.replace("when: made.nothing == 'x', ", ""))
    assert carl.flows.Move(case_pb2.MoveRequest(flow="pay", case_ids=[case.id, case.id.upper()]), metadata=carl.metadata).moved == 1
    assert carl.call("Retry", case_pb2.RetryRequest(case_id=case.id)).state == case_pb2.Case.DONE and receipts() == 1
    # Plans refuse what would do it twice, and cases that act on cases.
    twice = PAY.replace("next: [{when: made.nothing == 'x', go: done}]", "next: [{go: again}]\n  - {name: again, approve: {by: [{role: cfo}], allow: [return]}, next: [{go: done}]}")
    assert "it would be done again" in " | ".join(apply(twice))
    assert "does not act on cases" in " | ".join(apply(PAY.replace("ledger.v1.LedgerService/PostReceipt", "workflow.v1.CaseService/Start")))


def test_an_event_that_cannot_be_judged_holds_up_nothing(people, nordwind):
    carl = people["carl"]
    customer = nordwind.customer("FL-9")
    for number, currency, more in (("USD-1", "USD", dict(exchange_rate="0.9")), ("EUR-1", "EUR", {})):
        nordwind.invoice(customer, f"FL-9-{number}", "20000.00", currency, **more)
    found = wait(lambda: [c for c in cases(carl, "large_invoice") if c.summary in ("large_invoice", "paid? FL-9-EUR-1")], lambda c: len(c) == 2)
    assert {c.summary: c.state for c in found} == {"large_invoice": case_pb2.Case.BLOCKED, "paid? FL-9-EUR-1": case_pb2.Case.RUNNING}
    assert "different currencies" in next(c for c in found if c.state == case_pb2.Case.BLOCKED).problem.message


MANY = """\
kind: flow
name: many
summary: given.x
fallback: cfo
given: [{name: x}]
steps:
  - {name: hear, wait: {event: remit.ledger.v1.CustomerChanged, about: given.x}, next: [{go: done}]}
  - {name: done, end: {}}
"""


def test_many_cases_hear_of_one_event(people, nordwind, apply):
    anna, carl = people["anna"], people["carl"]
    assert not apply(MANY)
    customer = nordwind.customer("FL-10")
    for _ in range(330):
        start(anna, "many", x=f"customer/{customer}")
    nordwind.call("UpdateCustomer", ledger_pb.UpdateCustomerRequest(customer=dict(id=customer, version=1, name="Other"), update_mask=dict(paths=["name"])))
    ended = lambda: [c.state for c in carl.call("ListCases", case_pb2.ListCasesRequest(flow="many", page_size=1000)).cases]
    states = wait(ended, lambda found: set(found) == {case_pb2.Case.DONE}, 120)
    assert len(states) == 330


def test_a_moved_case_is_due_by_the_calendar_that_holds(people, apply):
    anna, carl = people["anna"], people["carl"]
    late = """\
kind: flow
name: late
summary: "'late'"
fallback: cfo
steps:
  - {name: cfo, approve: {by: [{role: cfo}], late: {after: hours(1), pass: true}}, next: [{go: done}]}
  - {name: done, end: {}}
"""
    assert not apply(late)
    case = start(anna, "late")
    first = carl.case(case).visits[0]
    assert first.due_at.seconds - first.started_at.seconds == 3600
    # Of a calendar with one hour a week, on a day that is not today.
    day = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"][(time.localtime(first.started_at.seconds).tm_wday + 3) % 7]
    assert not apply(f"kind: calendar\nname: rare\nweek:\n  - {{days: [{day}], hours: [\"09:00-10:00\"]}}\n", late.replace("fallback: cfo\n", "fallback: cfo\ncalendar: rare\n"))
    assert carl.flows.Move(case_pb2.MoveRequest(flow="late"), metadata=carl.metadata).moved == 1
    moved = carl.case(case).visits[0]
    assert moved.due_at.seconds - moved.started_at.seconds > 86400


def test_what_an_event_is_about_has_a_bound(people):
    with pytest.raises(grpc.RpcError) as refused:
        start(people["anna"], "many", x="ab" * 200)
    assert details(refused.value)["ErrorInfo"].reason == "ABOUT", refused.value.details()


def test_a_value_that_no_request_can_hold_is_refused_where_it_is_made(people, apply):
    anna, carl = people["anna"], people["carl"]
    deep = """\
kind: flow
name: deep
summary: "'deep'"
fallback: cfo
steps:
  - {name: cfo, approve: {by: [{role: cfo}]}, next: [{go: value}]}
  - {name: value, decide: {as: v, is: "%s"}, next: [{go: done}]}
  - {name: done, end: {}}
"""
    for value in ("[" * 17 + "1" + "]" * 17, "[" + ", ".join(["1"] * 1001) + "]"):
        assert not apply(deep % value)
        case = start(anna, "deep")
        assert carl.decide(case).state == case_pb2.Case.BLOCKED
        assert carl.case(case).problem.reason == "VALUE_REFUSED"


def test_a_simulation_ends(people, apply):
    carl = people["carl"]
    assert not apply(MANY.replace("name: many", "name: round").replace("wait: {event: remit.ledger.v1.CustomerChanged, about: given.x}, next: [{go: done}]", "wait: {time: days(3650)}, next: [{go: hear}]").replace("  - {name: done, end: {}}\n", ""))
    for request in (dict(flow="round", given=struct(x="1")), dict(flow="round", given=struct(x="1"), at=dict(seconds=253402300799))):
        with pytest.raises(grpc.RpcError) as refused:
            simulate(carl, **request)
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION and "last day" in refused.value.details()
    with pytest.raises(grpc.RpcError) as refused:
        simulate(carl, flow="many", given=struct(x="1"), submitter="nobody")
    assert details(refused.value)["ErrorInfo"].reason == "SUBMITTER"


def test_nobody_tells_events_but_remit(people, remitd):
    from remit.plugin.v1 import plugin_pb2
    with remitd.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        case_pb2_grpc.FlowHookServiceStub(channel).HearEvent(plugin_pb2.Delivery(), metadata=people["carl"].metadata)
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_where_cases_wait_is_measured(people):
    carl = people["carl"]
    measured = carl.flows.MeasureSteps(case_pb2.MeasureStepsRequest(flow="large_invoice"), metadata=carl.metadata)
    assert [s.step for s in measured.steps] == ["paid", "chase", "done"] and measured.definition.name == "large_invoice"
    paid = measured.steps[0]
    assert paid.came >= 4 and paid.waiting >= 1 and paid.late >= 1 and paid.oldest_at.seconds and paid.slow_seconds >= paid.median_seconds
    assert not measured.steps[2].waiting
    # What the flow does not have any more stands last.
    old = carl.flows.MeasureSteps(case_pb2.MeasureStepsRequest(flow="credit_limit", days=1), metadata=carl.metadata).steps
    assert [s.step for s in old][-1] == "cfo" and old[-1].rejected == 0 and old[-1].came
    with pytest.raises(grpc.RpcError) as refused:
        carl.flows.MeasureSteps(case_pb2.MeasureStepsRequest(flow="nothing"), metadata=carl.metadata)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def test_mistakes_of_flows_are_told_in_place(apply, people):
    def faults(text, old, new):
        assert old in text
        return " | ".join(apply(text.replace(old, new)))
    assert "takes no field customer.limits" in faults(LIMIT, "field: customer.version", "field: customer.limits")
    assert "there is no write" in faults(LIMIT, "LedgerService/UpdateCustomer", "LedgerService/UpdateCustomers")
    assert "there is no event" in faults(LARGE, "ledger.v1.ItemChanged", "ledger.v1.ItemChangd")
    assert "document_idd" in faults(LARGE, "event.document_id", "event.document_idd")
    assert "numberr" in faults(LARGE, "start.number", "start.numberr")
    assert "only of an event" in faults(LARGE, "event: remit.ledger.v1.ItemChanged", "time: days(3)")
    assert "nobody decides here" in faults(LARGE, "go: chase}\n", "give_to: cfo}\n")
    assert "nothing is submitted that carry could do" in faults(LIMIT, "{name: done, end: {}}", "{name: done, carry: {}, next: [{go: refused}]}")
    assert "only of a flow that a person starts" in faults(LARGE, "fallback: cfo\n", "fallback: cfo\ngiven: [{name: a}]\n")
    assert "means nothing else" in faults(LIMIT, "as: updated", "as: given")
    assert "stands here twice" in faults(LIMIT, "{name: until", "{name: limit")


def test_the_pages_on_flows_say_what_is_so(apply, people, nordwind, installation, remitd):
    for page in ("flows.md", "flows.zh.md"):
        text = (ROOT / "docs" / page).read_text()
        assert not apply(*re.findall("(?s)```yaml\n(kind: flow.*?)```", text))
    nordwind.customer("1001X")
    commands = [c for block in re.findall("(?s)```sh\n(.*?)```", (ROOT / "docs/flows.md").read_text()) for c in block.splitlines()]
    assert len(commands) == 6
    case = ""
    for command in commands:
        words = shlex.split(command.replace("1001", "1001X").replace("0193...", case))
        done = installation.remit(remitd, "nordwind", *words[1:], check=False)
        if "move" in command:
            assert "has no step board" in done.stdout or '"left"' in done.stdout or "moved" in done.stdout, (command, done.stdout, done.stderr)
        assert done.returncode == 0, (command, done.stderr)
        case = case or re.search(r'\bid\b[": ]*([0-9a-f-]{36})', done.stdout)[1]
