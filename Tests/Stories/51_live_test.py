"""Live: GET /events tells a browser or a program what changed, as it changes; resumed where it was left, and only of what the key may see."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest
from companies import Company, eventually


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module", autouse=True)
def revoked(installation, server):
    """One who listens with a key that is revoked at once: it is looked at again every 15 seconds, while the other stories are told."""
    made = json.loads(installation.remit(server, "nordwind", "platform", "key", "create", "--principal", "gone", "--roles", "owner", "--output", "json").stdout)
    listener = Listener(server, [("authorization", f"Bearer {made['secret']}")])
    installation.remit(server, "nordwind", "key", "revoke", made["key"]["id"])
    return listener


class Listener:
    """A reader of server-sent events."""

    def __init__(self, server, key, last=None):
        headers = dict([key[0]]) | ({"Last-Event-ID": str(last)} if last is not None else {})
        self.answer = urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{server.http_port}/events", headers=headers), timeout=60)
        self.events, self.ended = [], False
        self.greeting = self.answer.readline()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        event = {}
        for line in self.answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if not name and event:
                self.events.append(event)
                event = {}
            elif name:
                event[name] = value
        self.ended = True

    def types(self):
        return [json.loads(e["data"]).get("type", "").rsplit(".")[-1] for e in self.events]


@pytest.fixture
def company(installation, server):
    with server.channel() as channel:
        yield Company(installation, channel, "nordwind")


def test_what_changes_is_told_at_once(installation, server, company):
    listener = Listener(server, company.metadata)
    assert listener.answer.headers["content-type"] == "text/event-stream"
    begun = time.monotonic()
    customer = company.customer("L-1")
    eventually(lambda: listener.types() == ["CustomerChanged"], "it is told")
    assert time.monotonic() - begun < 5
    company.invoice(customer, "L-R1", "5.00")
    eventually(lambda: listener.types() == ["CustomerChanged", "DocumentPosted", "ItemChanged"], "and so is the invoice")
    assert {json.loads(e["data"])["aggregate"] for e in listener.events} == {f"customer/{customer}"}
    # Who comes back hears what came meanwhile, from where it was.
    later = Listener(server, company.metadata, last=listener.events[0]["id"])
    eventually(lambda: later.types() == ["DocumentPosted", "ItemChanged"], "what came meanwhile")
    company.customer("L-2")
    eventually(lambda: later.types()[2:] == ["CustomerChanged"] and listener.types()[3:] == ["CustomerChanged"], "and what comes now")


def test_nobody_hears_of_another_company_or_of_what_it_may_not_see(installation, server, company):
    foreign = Listener(server, installation.key("huaxin"))
    installation.remit(server, "nordwind", "role", "save", "periods", "ledger.period.list")
    secret = installation.remit(server, "nordwind", "key", "create", "eye", "--role", "periods").stdout.strip()
    narrow = Listener(server, [("authorization", f"Bearer {secret}")])
    wide = Listener(server, company.metadata)
    company.customer("L-3")
    eventually(lambda: wide.types() == ["CustomerChanged"], "who may hears it")
    time.sleep(1)
    assert foreign.events == [] and narrow.events == []


def test_what_is_no_key_or_no_id_is_refused(installation, server, company):
    for headers, status in [({}, 401), ({"authorization": "Bearer x"}, 401), (dict([installation.key("operator")[0]]), 403),
                            (dict([company.metadata[0]]) | {"Last-Event-ID": "x"}, 400), (dict([company.metadata[0]]) | {"Last-Event-ID": "-4"}, 400)]:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{server.http_port}/events", headers=headers), timeout=60)
        assert refused.value.code == status and json.loads(refused.value.read())["code"]


def test_an_id_that_is_none_any_more_begins_anew(server, company):
    listener = Listener(server, company.metadata, last=10 ** 12)
    eventually(lambda: listener.events and listener.events[0]["event"] == "reset", "it is told to begin anew")


def test_hundreds_listen_at_once(server, company):
    listeners = [Listener(server, company.metadata) for _ in range(200)]
    company.customer("L-4")
    eventually(lambda: all(listener.types() == ["CustomerChanged"] for listener in listeners), "all hear it")


def test_a_revoked_key_hears_no_more(revoked):
    eventually(lambda: revoked.ended, "it ends")


def test_a_shutdown_ends_them(installation, company):
    server = installation.serve("--http", "127.0.0.1:0")
    listener = Listener(server, company.metadata)
    begun = time.monotonic()
    assert server.stop() == 0 and time.monotonic() - begun < 10
    eventually(lambda: listener.ended, "it ends")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.http_port), timeout=1)
