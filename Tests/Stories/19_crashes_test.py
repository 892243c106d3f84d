"""As an administrator on a bad day: remitd and Postgres are killed while eight people work; whatever was acknowledged is there, once."""

import collections
import concurrent.futures
import os
import random
import signal
import threading
import time

import grpc
import pytest
from companies import Company, books_agree, day, eventually
from conftest import details
from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money

pytestmark = pytest.mark.timeout(300)
SEED = 7
AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
REFUSALS = {"ITEM_CHANGED", "HAS_ALLOCATIONS", "REVERSED_ALREADY", "UNDONE_ALREADY", "INVALID", "OTHER_PAYER", "NO_ITEM", "NOTHING_OPEN"}


class Door:
    """Where remitd is now. A client's retry goes to the next one."""

    def __init__(self, installation):
        self.installation, self.channel, self.server = installation, None, None
        self.open()

    def open(self):
        self.server = self.installation.serve()
        self.channel = self.server.channel()

    def kill(self):
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait(timeout=60)


class Person:
    """Posts, allocates, takes back and reverses; asks again, with the same key, until there is an answer."""

    def __init__(self, door, number, customers, stop):
        self.door, self.name, self.customers, self.stop = door, f"P{number}", customers, stop
        self.chance = random.Random(SEED * 100 + number)
        self.calls, self.repeats = 0, 0
        self.documents, self.allocations, self.reversed, self.undone = [], [], [], []

    def call(self, method, request):
        self.calls += 1
        key = [("idempotency-key", f"{self.name}-{self.calls}")]
        while True:
            company = Company(self.door.installation, self.door.channel, "nordwind")
            try:
                return getattr(company.ledger, method)(request, metadata=company.metadata + key, timeout=60)
            except grpc.RpcError as error:
                if error.code() not in AGAIN:
                    raise
                self.repeats += 1
            except ValueError:  # the channel was closed
                pass
            time.sleep(0.05)

    def work(self):
        while not self.stop.is_set():
            try:
                self.chance.choice([self.invoice, self.invoice, self.receipt, self.receipt, self.allocate, self.undo, self.reverse])()
            except grpc.RpcError as error:
                assert details(error)["ErrorInfo"].reason in REFUSALS, (error.code(), error.details())
        return self

    def money(self):
        return Money(currency="EUR", amount=f"{self.chance.randint(1, 9999) / 100:.2f}")

    def invoice(self):
        self.documents.append(self.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
            customer_id=self.chance.choice(self.customers), number=f"{self.name}-{self.calls}", amount=self.money(), issued_on=day(-20), due_on=day(10)))).id)

    def receipt(self):
        self.documents.append(self.call("PostReceipt", pb.PostReceiptRequest(receipt=pb.Receipt(
            customer_id=self.chance.choice(self.customers), number=f"{self.name}-{self.calls}", amount=self.money(), received_on=day(-10)))).id)

    def allocate(self):
        reply = self.call("Allocate", pb.AllocateRequest(
            customer_id=self.chance.choice(self.customers), tolerance=Money(currency="EUR", amount="0.10")))
        self.allocations += [a.id for a in reply.allocations]

    def undo(self):
        if self.allocations:
            self.undone.append(self.call("UndoAllocation", pb.UndoAllocationRequest(id=self.chance.choice(self.allocations))).reverses)

    def reverse(self):
        if self.documents:
            self.reversed.append(self.call("ReverseDocument", pb.ReverseDocumentRequest(
                id=self.chance.choice(self.documents), undo_allocations=True, reason="wrong")).reverses)


def kill_postgres(installation):
    data = installation.psql("SHOW data_directory").stdout.strip()
    postmaster = int(open(f"{data}/postmaster.pid").readline())
    children = [int(p) for p in installation.psql("SELECT pid FROM pg_stat_activity").stdout.split()]
    os.kill(postmaster, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{pid}") for pid in [postmaster, *children]) and time.monotonic() < deadline:
        time.sleep(0.05)
    installation.dev("start")


def test_remitd_and_postgres_are_killed_while_eight_people_work(installation):
    door, stop = Door(installation), threading.Event()
    company = Company(installation, door.channel, "nordwind")
    customers = [company.customer(f"CR-{n}") for n in range(6)]
    people = [Person(door, number, customers, stop) for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        working = [pool.submit(person.work) for person in people]
        for crash in (door.kill, lambda: kill_postgres(installation), door.kill, lambda: kill_postgres(installation)):
            before = sum(person.calls for person in people)
            deadline = time.monotonic() + 30
            while sum(person.calls for person in people) < before + 75 and time.monotonic() < deadline and not any(w.done() for w in working):
                time.sleep(0.05)
            crash()
            if door.server.process.poll() is not None:
                door.open()
        before = sum(person.calls for person in people)
        eventually(lambda: sum(person.calls for person in people) > before + 75 or any(w.done() for w in working), "they work on")
        stop.set()
        for work in working:
            work.result()
    assert sum(person.repeats for person in people) > 8 and sum(person.calls for person in people) > 300
    ids = lambda sql: collections.Counter(installation.psql(sql).stdout.split())
    documents = ids("SELECT document_id FROM ledger.document WHERE kind IN ('invoice', 'receipt') AND tenant_id = 2")
    assert documents == collections.Counter(id for person in people for id in person.documents)
    numbers = ids("SELECT number FROM ledger.document WHERE kind IN ('invoice', 'receipt') AND tenant_id = 2")
    assert max(numbers.values()) == 1
    reversals = ids("SELECT reverses FROM ledger.document WHERE kind = 'reversal' AND reverses IN (SELECT document_id FROM ledger.document WHERE kind IN ('invoice', 'receipt'))")
    assert reversals == collections.Counter(id for person in people for id in person.reversed)
    allocations = ids("SELECT allocation_id FROM ledger.allocation WHERE reverses IS NULL AND tenant_id = 2")
    assert allocations == collections.Counter(id for person in people for id in person.allocations)
    undone = ids("SELECT reverses FROM ledger.allocation WHERE reverses IS NOT NULL AND tenant_id = 2")
    assert all(undone[id] == 1 for person in people for id in person.undone)
    books_agree(installation, 2)
    assert door.server.stop() == 0
