"""An integrator explores Remit with `remit call`, which knows only what reflection tells; Python's json_format is the oracle of its JSON."""

import json
import subprocess

import pytest
from conftest import BIN
from google.protobuf.json_format import MessageToDict

from remit.ledger.v1 import books_pb2, ledger_pb2 as pb


@pytest.fixture(scope="module")
def call(installation, remitd):
    def run(*arguments, company="nordwind", code=0, stdin=None):
        done = subprocess.run(
            [BIN / "remit", "call", *arguments, "--address", f"127.0.0.1:{remitd.port}", "--key", installation.keys[company]], capture_output=True, text=True,
            timeout=60, input=stdin)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr
    return run


LEDGER = "remit.ledger.v1.LedgerService"


def test_what_there_is_is_listed(call):
    assert {LEDGER, "remit.platform.v1.TenantService", "grpc.health.v1.Health"} <= set(call().split())
    methods = call(LEDGER)
    assert "PostInvoice (remit.ledger.v1.PostInvoiceRequest) returns (remit.ledger.v1." in methods
    assert "returns (stream remit.ledger.v1.ImportUpdate)" in methods


def test_a_customer_an_invoice_and_its_reading_back_are_what_python_sees(call, nordwind):
    made = json.loads(call(f"{LEDGER}/CreateCustomer", "-d", json.dumps({"customer": {"number": "J-1", "name": "Gräfin \"Ä\" \\ 华信 🙂"}})))
    request = {"invoice": {"customerId": made["id"], "number": "J-R1", "amount": {"currency": "EUR", "amount": "119.00"}, "issued_on": "2026-01-05", "dueOn": "2026-02-04",
                           "taxes": [{"ratePercent": "19", "net": {"currency": "EUR", "amount": "100.00"}, "tax": {"currency": "EUR", "amount": "19.00"}}]}}
    call(f"{LEDGER}/PostInvoice", "-d", json.dumps(request))
    # The same replies by Python's stubs, written by Python's json_format.
    for method, body, message in [
            ("LedgerService/GetCustomer", {"id": made["id"]}, pb.GetCustomerRequest(id=made["id"])),
            ("LedgerService/GetDocument", {"kind": "invoice", "number": "J-R1"}, pb.GetDocumentRequest(kind="invoice", number="J-R1")),
            ("LedgerService/ListOpenItems", {}, pb.ListOpenItemsRequest()), ("LedgerService/GetAgeing", {"asOf": "2026-03-01"}, pb.GetAgeingRequest(as_of="2026-03-01")),
            ("BooksService/ListAccounts", {}, books_pb2.ListAccountsRequest()), ("BooksService/GetTrialBalance", {}, books_pb2.GetTrialBalanceRequest())]:
        shown = json.loads(call(f"remit.ledger.v1.{method}", "-d", json.dumps(body)))
        assert shown == MessageToDict(nordwind.call(method.split("/")[1], message)), method
        assert shown


def test_a_stream_is_printed_a_line_for_each_message(call):
    lines = [json.loads(line) for line in call(f"{LEDGER}/ImportCustomers", "-d", json.dumps(
        {"file": "bnVtYmVyLG5hbWUKSi0yLFR3bwo=", "fileName": "two.csv", "dryRun": True})).splitlines()]
    assert lines[-1]["result"]["created"] == 1


def test_the_request_may_come_from_standard_input_and_be_repeated(call):
    body = json.dumps({"customer": {"number": "J-3", "name": "Three"}})
    first = call(f"{LEDGER}/CreateCustomer", "-d", "-", "--idempotency-key", "j3", stdin=body)
    assert call(f"{LEDGER}/CreateCustomer", "-d", "-", "--idempotency-key", "j3", stdin=body) == first


def test_methods_of_the_host_are_called_as_well(call):
    shown = json.loads(call("remit.platform.v1.TenantService/ListTenants", company="operator"))
    assert [tenant["slug"] for tenant in shown["tenants"]] == ["huaxin", "nordwind"] and shown["tenants"][0]["state"] == "ACTIVE"
    calls = json.loads(call("remit.platform.v1.AuditService/ListCalls", "-d", '{"until": "2099-01-01T00:00:00.000001+08:00", "pageSize": 1}'))
    assert calls["calls"][0]["calledAt"].endswith("Z")
    assert call("grpc.health.v1.Health/Check") == '{"status":"SERVING"}\n'


@pytest.mark.parametrize("body, message", [
    ('{"customer": {"numbr": "1"}}', "customer.numbr: there is no such field; remit.ledger.v1.Customer has "),
    ('{"customer": {"number": 1}}', "customer.number: a text in quotes was expected"),
    ('{"customer": []}', "customer: an object was expected (remit.ledger.v1.Customer)"),
    ('{"customer": {"number": "1", "number": "2"}}', "the name number stands twice"),
    ('{"customer": {"identifiers": [{"scheme": 5}]}}', "customer.identifiers[0]."),
    ('{"customer": {"identifiers": [null]}}', "customer.identifiers[0]: a list has no null"),
    ('{"customer"', "a colon was expected"), ("{} x", "there is more after the value"), ('{"a": "\\ud800"}', "half a surrogate pair"), ("[]", "an object was expected"),
    ("[" * 200, "deep"), ('{"customer": {"name": "\\x"}}', "there is no escape \\x"), ('{"customer": {"version": "99999999999999999999"}}', "out of range"),
    ('{"customer": {"version": 1.5}}', "a whole number was expected"), ('{"customer": {"name": "a\tb"}}', "control character"), ("", "a value was expected")])
def test_bad_json_is_refused_with_its_path(call, body, message):
    refused = call(f"{LEDGER}/CreateCustomer", "-d", body, code=65)
    assert refused.startswith("remit: ") and message in refused and refused.count("\n") == 1


def test_what_is_not_there_is_told(call):
    assert "there is no symbol remit.nothing.v1.Nothing" in call("remit.nothing.v1.Nothing/Do", code=1)
    assert "has no method Nothing" in call(f"{LEDGER}/Nothing", code=1)
    assert "operators" in call("remit.platform.v1.TenantService/ListTenants", code=77)
