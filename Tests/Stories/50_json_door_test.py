"""The JSON door: every method by HTTP as the Connect protocol has it, with stock clients: requests of Python, curl, and what OpenAPI says of it."""

import base64
import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
from companies import day


@pytest.fixture(scope="module")
def door(installation):
    server = installation.serve("--http", "127.0.0.1:0")
    yield f"http://127.0.0.1:{server.http_port}"
    assert server.stop() == 0


def post(door, path, message, headers=(), raw=None, kind="application/json"):
    request = urllib.request.Request(
        door + path, data=json.dumps(message).encode() if raw is None else raw, headers={"content-type": kind, **dict(headers)}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def call(door, key, method, message, **more):
    status, _, body = post(door, method if method.startswith("/") else f"/remit.ledger.v1.LedgerService/{method}", message, headers=[key[0]], **more)
    return status, json.loads(body)


@pytest.fixture(scope="module")
def key(installation):
    return installation.key("nordwind")


def test_a_customer_and_an_invoice_by_json(door, key):
    status, customer = call(door, key, "CreateCustomer", {"customer": {"number": "J-1", "name": "Jörg 第一"}})
    assert status == 200 and customer["name"] == "Jörg 第一" and customer["recordedAt"].endswith("Z")
    status, invoice = call(door, key, "PostInvoice", {"invoice": {
        "customerId": customer["id"], "number": "J-R1", "amount": {"currency": "EUR", "amount": "119.00"}, "issued_on": day(-3), "dueOn": day(30)}})
    assert status == 200 and invoice["amount"] == {"amount": "119.00", "currency": "EUR"}
    status, items = call(door, key, "ListOpenItems", {"customerId": customer["id"]})
    assert [item["number"] for item in items["items"]] == ["J-R1"]


def test_refusals_have_code_sentence_and_details(door, key):
    status, error = call(door, key, "CreateCustomer", {"customer": {"number": "", "name": ""}})
    assert status == 400 and error["code"] == "invalid_argument"
    fields = [d["debug"]["fieldViolations"] for d in error["details"] if d["type"] == "google.rpc.BadRequest"][0]
    assert {violation["field"] for violation in fields} == {"customer.number", "customer.name"}
    info = [d for d in error["details"] if d["type"] == "google.rpc.ErrorInfo"][0]
    assert info["debug"]["domain"] == "ledger.remit" and "=" not in info["value"]
    for message, words in [({"customer": {"nummer": "1"}}, "nummer"), ({"customer": {"number": 7}}, "number"), ([], "")]:
        status, error = call(door, key, "CreateCustomer", message)
        assert status == 400 and error["code"] == "invalid_argument" and words in error["message"]
        assert error["message"].startswith("the request is not as remit.ledger.v1.CreateCustomerRequest has it"), error["message"]
    status, _, body = post(door, "/remit.ledger.v1.LedgerService/CreateCustomer", None, raw=b" " * (9 << 20), headers=[key[0]])
    assert status == 429 and json.loads(body)["code"] == "resource_exhausted"
    for raw in (b"{", b"\xff", b"", b"nul"):
        assert post(door, "/remit.ledger.v1.LedgerService/GetCustomer", None, raw=raw, headers=[key[0]])[0] in (400, 404)
    assert post(door, "/remit.ledger.v1.LedgerService/GetCustomer", {"id": "x"})[0] == 401, "without a key"
    assert post(door, "/remit.ledger.v1.LedgerService/GetCustomer", {"id": "x"}, headers=[("authorization", "Bearer nonsense")])[0] == 401
    status, _, body = post(door, "/remit.ledger.v1.LedgerService/Nothing", {}, headers=[key[0]])
    assert status == 404 and json.loads(body)["code"] == "unimplemented"
    assert post(door, "/remit.ledger.v1.LedgerService/GetCustomer", {}, headers=[key[0]], kind="text/xml")[0] == 415
    for header, value in [("connect-protocol-version", "2"), ("connect-timeout-ms", "-1"), ("connect-timeout-ms", "99999999999"), ("content-encoding", "br")]:
        status, _, body = post(door, "/remit.ledger.v1.LedgerService/GetCustomer", {}, headers=[key[0], (header, value)])
        assert status in (400, 501) and json.loads(body)["code"] in ("invalid_argument", "unimplemented"), header


def test_the_same_request_with_the_same_key_is_done_once(door, key):
    answers = [post(door, "/remit.ledger.v1.LedgerService/CreateCustomer", {"customer": {"number": "J-once", "name": "Once"}},
                    headers=[key[0], ("idempotency-key", "json-once")]) for _ in range(2)]
    assert answers[0][0] == 200 and answers[0][2] == answers[1][2]


def test_reads_are_asked_by_get_and_writes_are_not(door, key, installation):
    message = urllib.parse.quote(json.dumps({"pageSize": 1}))
    for query in [f"encoding=json&message={message}", f"connect=v1&encoding=json&base64=1&message={base64.urlsafe_b64encode(b'{}').decode().rstrip('=')}"]:
        request = urllib.request.Request(f"{door}/remit.ledger.v1.LedgerService/ListOpenItems?{query}", headers=dict([key[0]]))
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200 and "items" in json.loads(answer.read())
    got = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{door}/remit.ledger.v1.LedgerService/CreateCustomer?encoding=json&message=%7B%7D",
                          "-H", f"{key[0][0]}: {key[0][1]}"], capture_output=True, text=True)
    assert got.stdout == "405"


def test_protobuf_goes_too(door, key):
    from remit.platform.v1 import key_pb2
    status, headers, body = post(door, "/remit.platform.v1.KeyService/WhoAmI", None, raw=b"", kind="application/proto", headers=[key[0]])
    assert status == 200 and headers["content-type"] == "application/proto" and key_pb2.WhoAmIReply.FromString(body).tenant.slug == "nordwind"


def test_a_stream_comes_in_envelopes_and_ends_with_its_error(door, key):
    def envelopes(body):
        while body:
            flags, size = body[0], int.from_bytes(body[1:5], "big")
            yield flags, json.loads(body[5:5 + size])
            body = body[5 + size:]

    def ask(message):
        raw = json.dumps(message).encode()
        status, headers, body = post(door, "/remit.ledger.v1.LedgerService/ImportCustomers", None, raw=b"\0" + len(raw).to_bytes(4, "big") + raw,
                                     kind="application/connect+json", headers=[key[0]])
        assert status == 200 and headers["content-type"] == "application/connect+json"
        return list(envelopes(body))

    found = ask({"file": base64.b64encode(b"number,name\nJ-S1,Stream\n").decode()})
    assert found[-1] == (2, {}) and found[-2][1]["result"]["created"] == 1
    found = ask({"file": ""})
    assert found[-1][0] == 2 and found[-1][1]["error"]["code"] == "invalid_argument"
    assert post(door, "/remit.ledger.v1.LedgerService/ImportCustomers", {}, headers=[key[0]])[0] == 501


def test_a_deadline_ends_the_call(door, key):
    status, _, body = post(door, "/remit.ledger.v1.LedgerService/ListOpenItems", {}, headers=[key[0], ("connect-timeout-ms", "0")])
    assert status == 504 and json.loads(body)["code"] == "deadline_exceeded"


def test_openapi_describes_every_unary_method(door, installation, remitd):
    with urllib.request.urlopen(door + "/openapi.json", timeout=60) as answer:
        document = json.loads(answer.read())
    assert document["openapi"] == "3.1.0"
    post_invoice = document["paths"]["/remit.ledger.v1.LedgerService/PostInvoice"]
    assert "get" not in post_invoice and "ledger.invoice.post" in post_invoice["post"]["description"]
    assert "get" in document["paths"]["/remit.ledger.v1.LedgerService/ListOpenItems"]
    schemas = document["components"]["schemas"]
    assert schemas["remit.ledger.v1.Invoice"]["properties"]["issuedOn"]["type"] == "string"
    wanted = {ref.split('"')[0] for ref in json.dumps(document).split('"#/components/schemas/')[1:]}
    assert wanted <= set(schemas), "nothing is missing"
    assert any("description" in field for field in schemas["remit.ledger.v1.Invoice"]["properties"].values())
