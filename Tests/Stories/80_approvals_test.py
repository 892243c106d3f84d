"""Approvals: what a company's approvals hold is submitted, decided by people as a flow says, and done as who submitted it, once."""

import concurrent.futures
import json
import re

import grpc
import pytest
from companies import Company, day
from conftest import details
from google.protobuf import json_format, struct_pb2

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, form_pb2, key_pb2, key_pb2_grpc, person_pb2, person_pb2_grpc
from remit.type.v1.money_pb2 import Money
from remit.workflow.v1 import case_pb2, case_pb2_grpc

METHOD = "remit.ledger.v1.LedgerService/PostDocument"
ROLES = """\
kind: role
name: {name}
permissions: [{permissions}]
"""
EVERYBODY = "platform.form.get, workflow.case.submit, workflow.case.resubmit, workflow.case.withdraw, workflow.case.get, workflow.case.list, workflow.case.comment, workflow.case.remind, workflow.task.*, ledger.customer.get, ledger.document.get"
RULE = """\
kind: rule
name: route
hit: first
given:
  - {name: amount, type: decimal}
gives:
  - {name: path, type: string}
rows:
  - {when: ["<= 100"], then: [auto]}
  - {when: ["<= 1000"], then: [manager]}
  - {when: ["-"], then: [board]}
"""
FLOW = """\
# Credit notes and write-offs
kind: flow
name: credit_note
title: {en: Credit notes, zh: 红字发票}
method: remit.ledger.v1.LedgerService/PostDocument
with:
  - {name: customer, view: ledger.customer_v1, where: [{column: customer_id, is: request.document.customer_id}]}
subject: "'customer/' + request.document.customer_id"
summary: request.document.number + ' for ' + customer.name
amount: request.document.amount
fallback: cfo
steps:
  - name: route
    decide: {as: route, is: rules.route(request.document.amount.amount)}
    next: [{when: route.path == 'auto', go: post}, {go: manager}]
  - name: manager
    title: {en: The manager looks at it, zh: 主管审批}
    approve:
      by: [{manager_of: submitter.login}, {role: ar_manager}]
      allow: [return, transfer, add_before, add_after, add_beside]
    next: [{when: route.path == 'manager', go: post}, {go: board}]
  - name: board
    approve: {by: [{role: ar_manager}, {role: cfo}], need: all, allow: [return], return_to: [manager, start]}
    next: [{go: post}]
  - {name: post, carry: {}, next: [{go: done}]}
  - {name: done, end: {}}
"""
APPROVAL = """\
kind: approval
name: credit_note
method: remit.ledger.v1.LedgerService/PostDocument
at: document
when: request.document.kind in ['credit_note', 'write_off']
flow: credit_note
"""


class Person:
    """Somebody of a company, with a key of their own."""

    def __init__(self, channel, metadata, login):
        self.login, self.metadata = login, metadata
        self.cases, self.tasks = case_pb2_grpc.CaseServiceStub(channel), case_pb2_grpc.TaskServiceStub(channel)
        self.ledger = ledger_pb2_grpc.LedgerServiceStub(channel)

    def call(self, method, request, key=None):
        stub = next(s for s in (self.cases, self.tasks, self.ledger) if hasattr(s, method))
        return getattr(stub, method)(request, metadata=self.metadata + ([("idempotency-key", key)] if key else []), timeout=60)

    def submit(self, document, why="", method=METHOD, key=None):
        return self.call("Submit", case_pb2.SubmitRequest(method=method, request=wish(document), why=why), key)

    def mine(self, **request):
        return [(i.case_file.id, i.visit, i.task, i.step, i.assignee) for i in self.call("ListTasks", case_pb2.ListTasksRequest(**request)).items]

    def decide(self, case, decision="APPROVE", key=None, **more):
        """The first task of the case that waits for me."""
        place = [m for m in self.mine() if m[0] == case.id]
        assert place, f"nothing waits for {self.login}"
        return self.call("Decide", case_pb2.DecideRequest(
            case_id=case.id, visit=place[0][1], task=place[0][2], decision=case_pb2.DecideRequest.Decision.Value(decision), **more), key)

    def case(self, case):
        return self.call("GetCase", case_pb2.GetCaseRequest(case_id=case.id))


def wish(document):
    request = struct_pb2.Struct()
    request.update({"document": document})
    return request


def credit_note(customer, number, amount="50.00", kind="credit_note", **more):
    return {"kind": kind, "customerId": customer, "number": number, "amount": {"currency": "EUR", "amount": amount}, "issuedOn": day(-3), "reason": "goods came back"} | more


def reason(error):
    return details(error.value)["ErrorInfo"].reason


@pytest.fixture(scope="module")
def configure(installation, remitd):
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)

        def apply(*texts, complete=False):
            documents = [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", t)[:2]) + ".yaml", text=t) for t in texts]
            key = installation.key("nordwind")
            plan = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=key)
            assert not [f for f in plan.findings if not f.is_warning], plan.findings
            return service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(
                documents=documents, base_version=plan.base_version, fingerprint=plan.fingerprint), metadata=key)
        yield apply


@pytest.fixture(scope="module")
def people(installation, remitd, configure):
    configure(ROLES.format(name="ar_clerk", permissions=EVERYBODY + ", ledger.document.post, ledger.credit_note.post, ledger.write_off.post, ledger.draft.*, ledger.credit_note.import"),
              ROLES.format(name="ar_manager", permissions=EVERYBODY + ", ledger.document.post, ledger.credit_note.post"),
              ROLES.format(name="cfo", permissions=EVERYBODY + ", workflow.case.*"), RULE, FLOW, APPROVAL)
    with remitd.channel() as channel:
        persons, keys, admin = person_pb2_grpc.PersonServiceStub(channel), key_pb2_grpc.KeyServiceStub(channel), installation.key("nordwind")

        def made(login, role, manager=""):
            person = persons.CreatePerson(person_pb2.CreatePersonRequest(person=person_pb2.Person(login=login, name=login.title(), roles=[role], manager=manager)), metadata=admin)
            key = keys.CreateKey(key_pb2.CreateKeyRequest(principal=login, roles=[role]), metadata=admin)
            who = Person(channel, [("authorization", f"Bearer {key.secret}")], login)
            who.person = person
            return who
        yield {login: made(login, role, manager) for login, role, manager in [
            ("max", "ar_manager", ""), ("mia", "ar_manager", ""), ("carl", "cfo", ""), ("anna", "ar_clerk", "max"), ("bert", "ar_clerk", "")]}


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("AP-1")


@pytest.fixture
def posted(nordwind, customer):
    """How many documents of a number there are."""
    return lambda number: len([d for d in nordwind.call("ListDocuments", pb.ListDocumentsRequest(customer_id=customer, page_size=1000)).documents if d.document.number == number])


# ---- a case's way ------------------------------------------------------------------------------------


def test_what_is_held_is_not_done(people, customer, posted):
    with pytest.raises(grpc.RpcError) as refused:
        people["anna"].call("PostDocument", pb.PostDocumentRequest(document=json_format.ParseDict(credit_note(customer, "H-1"), pb.Document())))
    info = details(refused.value)["ErrorInfo"]
    assert info.reason == "APPROVAL_NEEDED" and dict(info.metadata) == {"approval": "credit_note", "flow": "credit_note", "kind": "flow", "method": METHOD}
    assert posted("H-1") == 0


def test_what_is_not_held_is_not_submitted(people, customer):
    with pytest.raises(grpc.RpcError) as refused:
        people["anna"].submit(credit_note(customer, "H-2", kind="debit_note"))
    assert reason(refused) == "NOT_HELD"


def test_what_the_forms_refuse_is_not_submitted(people, customer):
    with pytest.raises(grpc.RpcError) as refused:
        people["anna"].submit(credit_note("", "H-3") | {"amount": {"currency": "EUR", "amount": "twelve"}})
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_what_the_database_cannot_keep_is_refused(people, customer):
    for more in ({"reason": "a\0b"}, {"number": "a\0b"}, {"amount": {"currency": "EUR", "amount": float("nan")}}):
        with pytest.raises(grpc.RpcError) as refused:
            people["anna"].submit(credit_note(customer, "H-4", "800") | more, why="fine")
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT, refused.value.details()
    with pytest.raises(grpc.RpcError) as refused:
        people["anna"].submit(credit_note(customer, "H-5", "800"), why="a\0b")
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT, refused.value.details()


def test_what_the_table_lets_through_is_done_at_once(people, customer, posted):
    case = people["anna"].submit(credit_note(customer, "A-1", "100"), why="small")
    assert case_pb2.Case.State.Name(case.state) == "DONE" and posted("A-1") == 1
    shown = people["anna"].case(case)
    assert [e.what for e in shown.entries] == ["submitted", "decided", "carried_out", "done"]
    assert json_format.MessageToDict(shown.reply)["document"]["number"] == "A-1"
    assert json_format.MessageToDict(shown.request)["document"]["amount"]["amount"] == "100"


def test_one_of_the_managers_lets_it_through(people, customer, posted, nordwind):
    anna, max_, mia, carl, bert = (people[n] for n in ("anna", "max", "mia", "carl", "bert"))
    case = anna.submit(credit_note(customer, "A-2", "500"), why="goods came back", key="submit-a2")
    assert case_pb2.Case.State.Name(case.state) == "RUNNING" and posted("A-2") == 0
    assert case.summary == "A-2 for Customer AP-1" and case.subject == f"customer/{customer}" and case.amount.amount == "500.00"
    assert anna.submit(credit_note(customer, "A-2", "500"), why="goods came back", key="submit-a2").id == case.id
    # Her own manager and the role: Max sees both seats, Mia one, nobody else any.
    assert len([m for m in max_.mine() if m[0] == case.id]) == 2 and len([m for m in mia.mine() if m[0] == case.id]) == 1
    assert case.id not in [m[0] for p in (carl, bert, anna) for m in p.mine()]
    with pytest.raises(grpc.RpcError) as hidden:
        bert.case(case)
    assert reason(hidden) == "NO_CASE"
    done = mia.decide(case, comment="fine")
    assert case_pb2.Case.State.Name(done.state) == "DONE" and posted("A-2") == 1
    shown = anna.case(case)
    assert [(e.what, e.by) for e in shown.entries] == [
        ("submitted", "anna"), ("decided", ""), ("approved", "mia"), ("carried_out", ""), ("done", "")]
    tasks = {t.assignee: (case_pb2.Task.State.Name(t.state), t.decided_by) for v in shown.visits for t in v.tasks}
    assert tasks == {"max": ("SKIPPED", ""), "role/ar_manager": ("APPROVED", "mia")}
    with pytest.raises(grpc.RpcError) as closed:
        max_.call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=2, task=1, decision=1))
    assert reason(closed) == "TASK_CLOSED" and "mia has decided" in closed.value.details()
    assert [m[0] for m in mia.mine(done=True)][0] == case.id
    # The books say who wanted it.
    assert [d.document.recorded_by for d in nordwind.call("ListDocuments", pb.ListDocumentsRequest(customer_id=customer, page_size=1000)).documents if d.document.number == "A-2"] == ["anna"]


def test_the_board_decides_together(people, customer, posted):
    anna, max_, mia, carl = (people[n] for n in ("anna", "max", "mia", "carl"))
    case = anna.submit(credit_note(customer, "A-3", "5000"))
    max_.decide(case)
    assert posted("A-3") == 0
    carl.decide(case)
    assert posted("A-3") == 0
    with pytest.raises(grpc.RpcError) as again:
        carl.call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=3, task=2, decision=1))
    assert reason(again) == "TASK_CLOSED"
    assert case_pb2.Case.State.Name(mia.decide(case).state) == "DONE" and posted("A-3") == 1


def test_a_rejection_ends_it(people, customer, posted):
    case = people["anna"].submit(credit_note(customer, "A-4", "5000"))
    people["max"].decide(case)
    done = people["carl"].decide(case, "REJECT", comment="no")
    assert case_pb2.Case.State.Name(done.state) == "REJECTED" and posted("A-4") == 0
    for call in (lambda: people["anna"].call("Withdraw", case_pb2.WithdrawRequest(case_id=case.id)),
                 lambda: people["carl"].call("Stop", case_pb2.StopRequest(case_id=case.id))):
        with pytest.raises(grpc.RpcError) as ended:
            call()
        assert reason(ended) == "CASE_ENDED"


def test_it_is_returned_changed_and_submitted_again(people, customer, posted):
    anna, max_ = people["anna"], people["max"]
    case = anna.submit(credit_note(customer, "A-5", "800"))
    with pytest.raises(grpc.RpcError) as mute:
        max_.decide(case, "RETURN")
    assert "must say what is to be changed" in mute.value.details()
    returned = max_.decide(case, "RETURN", comment="the number is wrong")
    assert returned.flow_title == "Credit notes"
    assert case_pb2.Case.State.Name(returned.state) == "RETURNED" and not [m for m in max_.mine() if m[0] == case.id]
    with pytest.raises(grpc.RpcError) as not_his:
        max_.call("Resubmit", case_pb2.ResubmitRequest(case_id=case.id))
    assert reason(not_his) == "NOT_YOURS"
    assert "resubmit" in anna.case(case).may
    again = anna.call("Resubmit", case_pb2.ResubmitRequest(case_id=case.id, request=wish(credit_note(customer, "A-5b", "700")), why="mended"))
    assert again.round == 2 and case_pb2.Case.State.Name(again.state) == "RUNNING"
    # Who decides sees what is another.
    assert [(c.field, c.before, c.after) for c in max_.case(case).entries[-2 if max_.case(case).entries[-1].what == "decided" else -1].changes] == [
        ("document.amount.amount", "800", "700"), ("document.number", "A-5", "A-5b")]
    max_.decide(case)
    assert (posted("A-5"), posted("A-5b")) == (0, 1)


def test_the_board_returns_to_the_manager(people, customer, posted):
    anna, max_, mia, carl = (people[n] for n in ("anna", "max", "mia", "carl"))
    case = anna.submit(credit_note(customer, "A-6", "5000"))
    mia.decide(case)
    back = carl.decide(case, "RETURN", return_to="manager", comment="ask the customer")
    assert [v.step for v in back.visits if v.state == case_pb2.Visit.OPEN] == ["manager"]
    with pytest.raises(grpc.RpcError) as no_step:
        max_.decide(case, "RETURN", return_to="board", comment="hm")
    assert no_step.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    max_.decide(case)
    mia.decide(case)
    assert posted("A-6") == 0
    carl.decide(case)
    assert posted("A-6") == 1


def test_tasks_are_given_on_and_signers_added(people, customer, posted):
    anna, max_, mia, carl, bert = (people[n] for n in ("anna", "max", "mia", "carl", "bert"))
    case = anna.submit(credit_note(customer, "A-7", "800"))
    own = next(m for m in max_.mine() if m[0] == case.id and m[4] == "max")
    place = {"case_id": case.id, "visit": own[1], "task": own[2]}
    for to, code in (("anna", "OWN_CASE"), ("nobody", "INVALID"), ("max", "ALREADY_THERE")):
        with pytest.raises(grpc.RpcError) as refused:
            max_.call("Transfer", case_pb2.TransferRequest(to=to, **place))
        assert reason(refused) == code
    max_.call("AddSigner", case_pb2.AddSignerRequest(logins=["carl"], place="BEFORE", comment="you first", **place))
    with pytest.raises(grpc.RpcError) as early:
        max_.call("Decide", case_pb2.DecideRequest(decision=1, **place))
    assert reason(early) == "NOT_YOUR_TURN"
    carl.decide(case)
    max_.call("Transfer", case_pb2.TransferRequest(to="bert", comment="while I am away", **place))
    assert posted("A-7") == 0
    bert.decide(case)
    assert posted("A-7") == 1
    tasks = [(t.assignee, case_pb2.Task.State.Name(t.state), t.added_by) for v in anna.case(case).visits for t in v.tasks]
    assert tasks == [("carl", "APPROVED", "max"), ("max", "MOVED", ""), ("bert", "APPROVED", "max"), ("role/ar_manager", "SKIPPED", "")]


def test_it_is_withdrawn_before_anybody_decided(people, customer, posted):
    anna, max_, carl = people["anna"], people["max"], people["carl"]
    case = anna.submit(credit_note(customer, "A-8", "800"))
    with pytest.raises(grpc.RpcError) as not_his:
        carl.call("Withdraw", case_pb2.WithdrawRequest(case_id=case.id))
    assert reason(not_his) == "NOT_YOURS"
    assert case_pb2.Case.State.Name(anna.call("Withdraw", case_pb2.WithdrawRequest(case_id=case.id, why="my mistake")).state) == "WITHDRAWN"
    case = anna.submit(credit_note(customer, "A-9", "5000"))
    max_.decide(case)
    with pytest.raises(grpc.RpcError) as late:
        anna.call("Withdraw", case_pb2.WithdrawRequest(case_id=case.id))
    assert reason(late) == "DECIDED" and posted("A-8") == posted("A-9") == 0


def test_nobody_decides_their_own(people, customer, installation, remitd):
    max_ = people["max"]
    case = max_.submit(credit_note(customer, "A-10", "800"))
    # The seat of the role is there for Mia; not for himself.
    assert not [m for m in max_.mine() if m[0] == case.id]
    visit = max_.case(case).visits[-1]
    with pytest.raises(grpc.RpcError) as own:
        max_.call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=visit.visit, task=visit.tasks[0].task, decision=1))
    assert reason(own) == "OWN_CASE"
    # A key that is nobody's decides nothing, whatever it may.
    with remitd.channel() as channel:
        machine = Person(channel, installation.key("nordwind"), "owner")
        with pytest.raises(grpc.RpcError) as nobody:
            machine.call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=visit.visit, task=visit.tasks[0].task, decision=1))
        assert reason(nobody) == "NO_PERSON"
    with pytest.raises(grpc.RpcError) as not_hers:
        people["carl"].call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=visit.visit, task=visit.tasks[0].task, decision=1))
    assert reason(not_hers) == "NOT_YOURS"
    people["mia"].decide(case)


# ---- no way around -----------------------------------------------------------------------------------


def test_no_way_leads_around(people, customer, nordwind, installation, remitd, posted):
    anna = people["anna"]
    # By a draft.
    draft = anna.call("SaveDraft", pb.SaveDraftRequest(draft=pb.Draft(document=pb.PostDocumentRequest(document=json_format.ParseDict(credit_note(customer, "W-1"), pb.Document())))))
    with pytest.raises(grpc.RpcError) as held:
        anna.call("PostDraft", pb.PostDraftRequest(id=draft.id, version=draft.version))
    assert reason(held) == "APPROVAL_NEEDED" and details(held.value)["ErrorInfo"].metadata["method"] == METHOD
    # By a key of the owner, who may all.
    with pytest.raises(grpc.RpcError) as held:
        nordwind.call("PostDocument", pb.PostDocumentRequest(document=json_format.ParseDict(credit_note(customer, "W-2"), pb.Document())))
    assert reason(held) == "APPROVAL_NEEDED"
    # By a file.
    file = f"number;customer;amount;date;reason\nW-3;AP-1;10.00;{day(-3)};back\n"
    result = None
    for update in nordwind.ledger.ImportCreditNotes(_import_request(file), metadata=nordwind.metadata, timeout=60):
        result = update.result
    assert (result.created, result.refused) == (0, 1) and "needs approval" in result.issues[0].reason
    assert [posted(n) for n in ("W-1", "W-2", "W-3")] == [0, 0, 0]


def _import_request(text):
    from remit.ledger.v1 import import_pb2
    return import_pb2.ImportRequest(file=text.encode())


# ---- what may have changed meanwhile -------------------------------------------------------------------


def test_a_refusal_leaves_the_decision_and_blocks_the_case(people, customer, nordwind, posted):
    anna, max_, carl = people["anna"], people["max"], people["carl"]
    case = anna.submit(credit_note(customer, "B-1", "800"))
    other = anna.submit(credit_note(customer, "B-1", "100"))
    assert other.state == case_pb2.Case.DONE
    blocked = max_.decide(case)
    assert blocked.state == case_pb2.Case.BLOCKED and blocked.problem.reason == "NUMBER_TAKEN"
    assert [e.what for e in anna.case(case).entries][-2:] == ["approved", "blocked"]
    with pytest.raises(grpc.RpcError) as not_hers:
        anna.call("Retry", case_pb2.RetryRequest(case_id=case.id))
    assert not_hers.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert carl.call("Retry", case_pb2.RetryRequest(case_id=case.id)).state == case_pb2.Case.BLOCKED
    again = anna.call("Resubmit", case_pb2.ResubmitRequest(case_id=case.id, request=wish(credit_note(customer, "B-2", "800"))))
    assert again.state == case_pb2.Case.RUNNING
    assert max_.decide(case).state == case_pb2.Case.DONE and posted("B-2") == 1


def test_who_submitted_must_still_be_allowed_to(people, customer, installation, remitd, posted):
    anna, max_, carl = people["anna"], people["max"], people["carl"]
    case = people["bert"].submit(credit_note(customer, "C-1", "800"))
    with remitd.channel() as channel:
        persons = person_pb2_grpc.PersonServiceStub(channel)
        bert = persons.GetPerson(person_pb2.GetPersonRequest(id="bert"), metadata=installation.key("nordwind"))
        persons.SuspendPerson(person_pb2.SuspendPersonRequest(id=bert.id, version=bert.version), metadata=installation.key("nordwind"))
    blocked = max_.decide(case)
    assert blocked.state == case_pb2.Case.BLOCKED and blocked.problem.reason == "SUBMITTER_GONE" and posted("C-1") == 0
    with pytest.raises(grpc.RpcError) as decided:
        people["max"].call("Adopt", case_pb2.AdoptRequest(case_id=case.id))
    assert decided.value.code() == grpc.StatusCode.PERMISSION_DENIED
    # The CFO may adopt it, but not post: it stays where it is.
    assert carl.call("Adopt", case_pb2.AdoptRequest(case_id=case.id, why="Bert left")).problem.reason == "NO_PERMISSION"
    with remitd.channel() as channel:
        bert = persons_stub(channel).GetPerson(person_pb2.GetPersonRequest(id="bert"), metadata=installation.key("nordwind"))
        persons_stub(channel).ResumePerson(person_pb2.ResumePersonRequest(id=bert.id, version=bert.version), metadata=installation.key("nordwind"))
    carl.call("Stop", case_pb2.StopRequest(case_id=case.id, why="nobody wants it"))


def persons_stub(channel):
    return person_pb2_grpc.PersonServiceStub(channel)


def test_the_form_has_changed_meanwhile(people, customer, configure, installation, remitd, posted):
    anna, max_ = people["anna"], people["max"]
    case = anna.submit(credit_note(customer, "D-1", "800"))
    form = "kind: form\nname: documents\nmethod: remit.ledger.v1.LedgerService/PostDocument\nat: document\nfields:\n  - {name: reason, min: 30}\n"
    configure(form)
    returned = max_.decide(case)
    assert returned.state == case_pb2.Case.RETURNED and returned.problem.reason == "FORM_CHANGED" and posted("D-1") == 0
    long = credit_note(customer, "D-1", "800", reason="goods came back, all of them, and broken")
    anna.call("Resubmit", case_pb2.ResubmitRequest(case_id=case.id, request=wish(long)))
    configure(form.replace("min: 30", "min: 3"))
    assert max_.decide(case).state == case_pb2.Case.DONE and posted("D-1") == 1


def test_who_stands_in_decides_for_who_is_away(people, customer, installation, remitd, posted):
    anna, max_, mia, bert = (people[n] for n in ("anna", "max", "mia", "bert"))
    admin = installation.key("nordwind")
    with remitd.channel() as channel:
        persons = persons_stub(channel)

        def away(login, substitute, until):
            person = persons.GetPerson(person_pb2.GetPersonRequest(id=login), metadata=admin)
            person.away_from, person.away_until, person.substitute = (day(-1), day(until), substitute) if substitute else ("", "", "")
            persons.UpdatePerson(person_pb2.UpdatePersonRequest(person=person), metadata=admin)
        case = anna.submit(credit_note(customer, "E-1", "800"))
        assert not [m for m in bert.mine() if m[0] == case.id]
        away("max", "bert", 3)
        assert len([m for m in bert.mine() if m[0] == case.id]) == 2
        done = bert.decide(case)
        assert done.state == case_pb2.Case.DONE and posted("E-1") == 1
        assert [(t.assignee, t.decided_by) for v in done.visits for t in v.tasks if t.decided_by] == [("max", "bert")]
        # But not their own, through nobody.
        case = bert.submit(credit_note(customer, "E-2", "800"))
        assert not [m for m in bert.mine() if m[0] == case.id]
        away("max", "", 0)
        assert not [m for m in bert.mine() if m[0] == case.id]
        mia.decide(case)


# ---- many at once ----------------------------------------------------------------------------------------


def test_many_decide_at_once_and_it_is_done_once(people, customer, posted):
    anna, max_, mia = people["anna"], people["max"], people["mia"]
    for round in range(5):
        case = anna.submit(credit_note(customer, f"M-{round}", "800"))
        visit = anna.case(case).visits[-1]

        def vote(number):
            who = max_ if number % 2 else mia
            try:
                who.call("Decide", case_pb2.DecideRequest(case_id=case.id, visit=visit.visit, task=visit.tasks[-1].task, decision=1))
                return who.login
            except grpc.RpcError as error:
                assert details(error)["ErrorInfo"].reason == "TASK_CLOSED", error.details()
                return error.details()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            told = list(pool.map(vote, range(16)))
        winners = [t for t in told if t in ("max", "mia")]
        assert len(winners) == 1 and all(f"{winners[0]} has decided" in t for t in told if t not in ("max", "mia"))
        assert posted(f"M-{round}") == 1
