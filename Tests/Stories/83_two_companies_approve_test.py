"""Two companies that approve differently: what tenants/approvals tells Remit is at work."""

import importlib

import grpc
import pytest
from companies import Company, day
from conftest import ROOT, details
from google.protobuf import struct_pb2

from remit.ledger.v1 import books_pb2_grpc, period_pb2
from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import key_pb2, key_pb2_grpc, person_pb2, person_pb2_grpc, record_pb2, record_pb2_grpc
from remit.workflow.v1 import case_pb2

Person = importlib.import_module("80_approvals_test").Person
LEDGER, BOOKS = "remit.ledger.v1.LedgerService", "remit.ledger.v1.BooksService"


@pytest.fixture(scope="module")
def make(installation, remitd):
    """People of a company that has its approvals, by role."""
    with remitd.channel() as channel:
        def made(company, managers=(), **roles):
            installation.remit(remitd, company, "config", "apply", ROOT / "tenants/approvals" / company, "--only-these", "--yes", "--reason", "we approve")
            persons, keys, admin = person_pb2_grpc.PersonServiceStub(channel), key_pb2_grpc.KeyServiceStub(channel), installation.key(company)
            found = {}
            for login, role in roles.items():
                persons.CreatePerson(person_pb2.CreatePersonRequest(person=person_pb2.Person(login=login, name=login.title(), roles=[role])), metadata=admin)
                secret = keys.CreateKey(key_pb2.CreateKeyRequest(principal=login, roles=[role]), metadata=admin).secret
                found[login] = Person(channel, [("authorization", f"Bearer {secret}")], login)
            return found
        yield made


@pytest.fixture(scope="module")
def north(make):
    return make("nordwind", anna="accountant", max="ar_manager", clara="cfo")


@pytest.fixture(scope="module")
def hua(make):
    return make("huaxin", wang="accountant", li="ar_manager", chen="controller", zhao="cfo")


def submit(who, method, **request):
    wish = struct_pb2.Struct()
    wish.update(request)
    return who.call("Submit", case_pb2.SubmitRequest(method=method, request=wish))


def note(customer, number, amount, currency, kind="credit_note"):
    return {"kind": kind, "customerId": customer, "number": number, "amount": {"currency": currency, "amount": amount}, "issuedOn": day(-3), "reason": "back"}


def state(case):
    return case_pb2.Case.State.Name(case.state)


def test_nordwind_asks_from_250_euros_and_its_cfo_from_5000(north, nordwind):
    customer = nordwind.customer("N-1")
    anna, max_, clara = north["anna"], north["max"], north["clara"]
    with pytest.raises(grpc.RpcError) as small:
        submit(anna, f"{LEDGER}/PostDocument", document=note(customer, "G-1", "249.99", "EUR"))
    assert details(small.value)["ErrorInfo"].reason == "NOT_HELD"
    case = submit(anna, f"{LEDGER}/PostDocument", document=note(customer, "G-2", "250.00", "EUR"))
    assert case.summary == "Credit note G-2, Customer N-1" and state(max_.decide(case)) == "DONE"
    case = submit(anna, f"{LEDGER}/PostDocument", document=note(customer, "G-3", "5000", "EUR"))
    assert state(max_.decide(case)) == "RUNNING" and state(clara.decide(case)) == "DONE"
    assert nordwind.open("G-2", "G-3") == ["-250.00", "-5000.00"]


def test_a_key_customer_and_a_closed_month_need_approval(north, nordwind):
    anna, max_, clara = north["anna"], north["max"], north["clara"]
    case = submit(anna, f"{LEDGER}/CreateCustomer", customer={"number": "N-9", "name": "Groß & Co", "custom": {"segment": "key"}})
    assert state(max_.decide(case)) == "DONE"
    assert nordwind.call("ListCustomers", pb.ListCustomersRequest(number="N-9")).customers[0].name == "Groß & Co"
    nordwind.call("CreateCustomer", pb.CreateCustomerRequest(customer=pb.Customer(number="N-10", name="Plain")))
    month = {"starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    nordwind.call("SetPeriod", period_pb2.SetPeriodRequest(period=period_pb2.Period(state="CLOSED", **month)))
    with pytest.raises(grpc.RpcError) as held:
        nordwind.call("SetPeriod", period_pb2.SetPeriodRequest(period=period_pb2.Period(state="OPEN", reason="late invoice", **month)))
    assert details(held.value)["ErrorInfo"].reason == "APPROVAL_NEEDED"
    case = submit(anna, f"{BOOKS}/SetPeriod", period={"startsOn": "2026-01-01", "endsOn": "2026-01-31", "state": "OPEN", "reason": "late invoice"})
    assert not [m for m in max_.mine() if m[0] == case.id] and state(clara.decide(case)) == "DONE"


def test_huaxin_goes_by_its_table(hua, huaxin):
    customer = huaxin.customer("H-1")
    wang, li, chen, zhao = (hua[n] for n in ("wang", "li", "chen", "zhao"))
    post = lambda number, amount, kind="credit_note": submit(wang, f"{LEDGER}/PostDocument", document=note(customer, number, amount, "CNY", kind))
    assert state(li.decide(post("红-1", "9999.99"))) == "DONE"
    case = post("红-2", "10000")
    assert case.summary == "红字发票 红-2 Customer H-1" and case.visits[-1].title == "主管、财务经理依次会签"
    assert not [m for m in chen.mine() if m[0] == case.id]
    li.decide(case)
    assert state(chen.decide(case)) == "DONE"
    case = post("红-3", "200000")
    li.decide(case)
    assert state(zhao.decide(case, "REJECT", comment="金额过大")) == "RUNNING", "every vote is heard"
    assert state(chen.decide(case)) == "REJECTED"
    assert huaxin.open("红-1", "红-2", "红-3") == ["-9999.99", "-10000.00", "0"]


def test_huaxin_takes_in_a_strategic_customer_by_two_at_once(hua, huaxin):
    wang, li, chen = (hua[n] for n in ("wang", "li", "chen"))
    case = submit(wang, f"{LEDGER}/CreateCustomer", customer={"number": "H-9", "name": "华能集团", "custom": {"category": "战略"}})
    assert sorted(v.step for v in case.visits if v.state == case_pb2.Visit.OPEN) == ["credit", "sales"]
    waiting = chen.decide(case)
    assert state(waiting) == "RUNNING" and not huaxin.call("ListCustomers", pb.ListCustomersRequest(number="H-9")).customers
    assert state(li.decide(case)) == "DONE"
    assert huaxin.call("ListCustomers", pb.ListCustomersRequest(number="H-9")).customers[0].name == "华能集团"
    # One of the two refuses: nothing is made.
    case = submit(wang, f"{LEDGER}/CreateCustomer", customer={"number": "H-10", "name": "不成", "custom": {"category": "战略"}})
    assert state(li.decide(case, "REJECT")) == "REJECTED"
    assert not [m for m in chen.mine() if m[0] == case.id] and not huaxin.call("ListCustomers", pb.ListCustomersRequest(number="H-10")).customers


def limit(who, company, customer, amount):
    return submit(who, f"{LEDGER}/UpdateCustomer", customer={"id": customer, "version": str(version(company, customer)), "custom": {"credit_limit": amount}}, updateMask="custom")


def version(company, customer):
    return company.call("GetCustomer", pb.GetCustomerRequest(id=customer)).version


def test_credit_limits_need_approval_in_both(north, hua, nordwind, huaxin):
    has = lambda company, customer: dict(company.call("GetCustomer", pb.GetCustomerRequest(id=customer)).custom).get("credit_limit")
    customer = nordwind.customer("N-20")
    with pytest.raises(grpc.RpcError) as held:
        nordwind.call("UpdateCustomer", pb.UpdateCustomerRequest(
            customer=dict(id=customer, version=1, custom={"credit_limit": "1.00"}), update_mask=dict(paths=["custom"])))
    assert details(held.value)["ErrorInfo"].reason == "APPROVAL_NEEDED"
    assert state(north["max"].decide(limit(north["anna"], nordwind, customer, "50000.00"))) == "DONE" and has(nordwind, customer) == "50000.00"
    case = limit(north["anna"], nordwind, customer, "50000.01")
    assert state(north["max"].decide(case)) == "RUNNING" and state(north["clara"].decide(case)) == "DONE" and has(nordwind, customer) == "50000.01"
    # What is no limit is changed as ever.
    nordwind.call("UpdateCustomer", pb.UpdateCustomerRequest(
        customer=dict(id=customer, version=version(nordwind, customer), custom={"segment": "new"}), update_mask=dict(paths=["custom"])))
    customer = huaxin.customer("H-20")
    case = limit(hua["wang"], huaxin, customer, "1000000.00")
    assert case.summary == "信用额度 Customer H-20 1000000.00" and state(hua["li"].decide(case)) == "RUNNING" and state(hua["chen"].decide(case)) == "DONE"
    assert has(huaxin, customer) == "1000000.00"


def test_huaxin_takes_in_a_complaint(hua, huaxin, remitd):
    wang, li = hua["wang"], hua["li"]
    given = struct_pb2.Struct()
    given.update({"invoice": "发票-1", "reason": "质量问题"})
    case = wang.call("Start", case_pb2.StartRequest(flow="complaint", given=given))
    assert case.summary == "客户异议 发票-1：质量问题" and state(li.decide(case)) == "DONE"
    with remitd.channel() as channel:
        records = record_pb2_grpc.RecordServiceStub(channel).ListRecords(record_pb2.ListRecordsRequest(kind="complaint_case"), metadata=wang.metadata).records
    assert [r.custom["reason"] for r in records] == ["质量问题"]
    given.update({"reason": "不知道"})
    case = wang.call("Start", case_pb2.StartRequest(flow="complaint", given=given))
    assert state(li.decide(case)) == "REJECTED"  # the record's form refuses it
