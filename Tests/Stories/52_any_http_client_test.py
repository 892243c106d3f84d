"""Any HTTP client: what schemathesis makes of /openapi.json, and what nobody should send, is never the server's fault."""

import json
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0")
    yield server
    assert server.stop() == 0, "it lived through it"


def test_schemathesis_finds_no_fault_and_no_answer_outside_the_schema(server, installation, tmp_path):
    done = subprocess.run(
        [f"{sys.exec_prefix}/bin/schemathesis", "run", f"http://127.0.0.1:{server.http_port}/openapi.json",
         "-H", ": ".join(installation.key("nordwind")[0]), "--max-examples", "3", "--phases", "fuzzing", "--workers", "1", "--seed", "7",
         "--checks", "not_a_server_error,response_schema_conformance,content_type_conformance", "--exclude-path-regex", "RevokeKey"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-4000:]


def test_json_that_is_none_is_the_clients_fault(server, installation):
    chance = random.Random(11)
    good = json.dumps({"invoice": {"customerId": "x", "number": "J", "amount": {"currency": "EUR", "amount": "1.00"}, "issuedOn": "2026-01-05",
                                   "terms": {"netDays": 30}, "dueOn": "2026-02-05", "taxes": [{"rate": "19", "net": {"amount": "1", "currency": "EUR"}}]}})
    pieces = ["{", "}", "[", "]", ",", ":", '"', "\\", "\\u", "\\ud800", "null", "true", "1e999", "-", "0" * 400, "[" * 5000, '{"a":' * 2000, "\0", "é", "NaN", "1.5", '"a"']
    codes, end, count = set(), time.monotonic() + 6, 0
    while time.monotonic() < end:
        text = list(good)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(text))
            text[place:place + chance.choice([0, 1, 5])] = chance.choice(pieces)
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.http_port}/remit.ledger.v1.LedgerService/PostInvoice", data="".join(text).encode("utf-8", "surrogatepass"),
            headers=dict([installation.key("nordwind")[0]]) | {"content-type": "application/json"}, method="POST")
        try:
            urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            codes.add(error.code)
            assert json.loads(error.read())["code"] in ("invalid_argument", "not_found", "failed_precondition"), text
        count += 1
    assert codes <= {400, 404} and count > 50


def test_a_body_of_many_numbers_keeps_nobody_waiting(server, installation):
    """Each is refused in time that a body of its size may take; others are answered meanwhile."""
    key = dict([installation.key("nordwind")[0]]) | {"content-type": "application/json"}

    def post(body):
        begun = time.monotonic()
        request = urllib.request.Request(f"http://127.0.0.1:{server.http_port}/remit.ledger.v1.LedgerService/ListOpenItems", data=body, headers=key, method="POST")
        try:
            status = urllib.request.urlopen(request, timeout=60).status
        except urllib.error.HTTPError as error:
            status = error.code
        return status, time.monotonic() - begun

    for body in [b'{"x":[' + b"1," * 200_000 + b"1]}", b'{"x":[' + b'{"a":1},' * 100_000 + b"1]}",
                 b"{" + b",".join(b'"k%d":1' % n for n in range(100_000)) + b"}", b'{"x":' + b"7" * 2_000_000 + b"}"]:
        status, seconds = post(body)
        assert status == 400 and seconds < 20, (body[:20], status, seconds)
    threads = [threading.Thread(target=post, args=(b'{"x":[' + b"1," * 200_000 + b"1]}",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    status, seconds = post(b"{}")
    assert status == 200 and seconds < 5
    for thread in threads:
        thread.join()
