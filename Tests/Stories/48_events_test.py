"""Events: what the ledger tells others of, in order, each once in effect, whatever crashes; told to a module in Swift and to the same one in C."""

import datetime
import hashlib
import json
import random
import signal
import threading
import time

import grpc
import pytest
from companies import Company, books_agree, day, eventually
from conftest import BIN, Installation, details

import notes_pb2
import notes_pb2_grpc
from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import event_pb2, event_pb2_grpc
from remit.type.v1.money_pb2 import Money


@pytest.fixture(scope="module", params=["libNotes.so", "libNotesC.so"])
def installation(request, tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("events"), "ledger", f"notes={BIN}/{request.param}")
    # What was migrated with all modules waits for one that no server here loads.
    installation.psql("DELETE FROM host.cursor WHERE subscriber = 'workflow'")
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def events(remitd):
    with remitd.channel() as channel:
        yield event_pb2_grpc.EventServiceStub(channel)


@pytest.fixture(scope="module")
def notes(remitd):
    with remitd.channel() as channel:
        yield notes_pb2_grpc.NotesServiceStub(channel)


def told(events, company, **request):
    found, token = [], ""
    while True:
        reply = events.ListEvents(event_pb2.ListEventsRequest(page_size=1000, page_token=token, **request), metadata=company.metadata, timeout=60)
        found += reply.events
        token = reply.next_page_token
        if not token:
            return found


def of(found, kind):
    return [event for event in found if event.type == f"remit.ledger.v1.{kind}"]


def owed(installation, tenant=2):
    """The subscriber's copy of all balances."""
    rows = installation.psql(f"SELECT customer_id, currency, amount::numeric FROM notes.owed WHERE tenant_id = {tenant} AND amount::numeric <> 0").stdout.split()
    return {tuple(row.split("|")[:2]): row.split("|")[2] for row in rows}


def balances(installation, tenant=2):
    rows = installation.psql(f"""
        SELECT customer_id, currency, (sum(open_minor) / 100.0)::numeric(20, 2) FROM ledger.item
         WHERE tenant_id = {tenant} GROUP BY 1, 2 HAVING sum(open_minor) <> 0""").stdout.split()
    return {tuple(row.split("|")[:2]): row.split("|")[2] for row in rows}


def all_delivered(installation):
    return installation.psql("""
        SELECT count(*) FROM host.outbox""").stdout.strip() == "0" and installation.psql("""
        SELECT count(*) FROM host.cursor c JOIN host.event_tail t USING (tenant_id) WHERE c.position < t.last""").stdout.strip() == "0"


def test_what_the_ledger_does_is_told(installation, events, nordwind):
    customer = nordwind.customer("E-1")
    invoice = nordwind.invoice(customer, "E-R1", "119.00")
    nordwind.receipt(customer, "100.00", invoice=invoice.id, number="E-Z1")
    nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=nordwind.invoice(customer, "E-R2", "5.00").id, reason="wrong"))
    eventually(lambda: len(of(told(events, nordwind), "DocumentPosted")) == 4, "all documents were told")
    found = told(events, nordwind, aggregate=f"customer/{customer}")
    assert [event.sequence for event in found] == sorted(event.sequence for event in found)
    assert [(e.content["kind"], e.content["number"], e.content["amount"]["amount"]) for e in of(found, "DocumentPosted")[:3]] == [
        ("invoice", "E-R1", "119.00"), ("receipt", "E-Z1", "100.00"), ("invoice", "E-R2", "5.00")]
    reversal = of(found, "DocumentPosted")[3].content
    assert reversal["kind"] == "reversal" and reversal["reversesId"]
    assert sum(float(e.content["change"]["amount"]) for e in of(found, "ItemChanged")) == 19
    assert [e.content["amount"]["amount"] for e in of(found, "AllocationMade")] == ["100.00"]
    assert of(found, "CustomerChanged")[0].content["number"] == "E-1" and of(found, "CustomerChanged")[0].content["version"] == 1
    assert found[-1].request_id and found[-1].recorded_at.seconds > 0
    assert of(told(events, nordwind, type="CustomerChanged", after=found[0].sequence), "CustomerChanged") == []


def test_a_file_is_told_in_few_events_and_undoings_too(installation, events, nordwind):
    customer = nordwind.customer("E-2")
    rows = "".join(f"EF-{n},E-2,{day(-20)},{day(10)},10.00\n" for n in range(300))
    before = len(told(events, nordwind))
    assert nordwind.load("invoices", ("number,customer,date,due,amount\n" + rows).encode())[0].created == 300
    eventually(lambda: len(told(events, nordwind)) > before, "the file was told")
    changed = of(told(events, nordwind), "BooksChanged")
    documents = [document for event in changed if "documents" in event.content for document in event.content["documents"]]
    assert len(documents) == 300 and len(changed) < 10 and len({event.aggregate for event in changed}) == 1
    made = nordwind.receipt(customer, "10.00", number="E-Z2")
    allocation = nordwind.allocate(credits=["E-Z2"], debits=["EF-1"]).allocations[0]
    nordwind.undo(allocation.id)
    eventually(lambda: [e.content["undoneId"] for e in of(told(events, nordwind), "AllocationUndone")] == [allocation.id], "the undoing was told")
    assert made


def test_a_module_hears_of_it_once_and_in_order(installation, notes, nordwind):
    one, other = nordwind.customer("E-3"), nordwind.customer("E-4")
    for n in range(20):
        nordwind.invoice(one, f"E3-{n}", "1.10")
    nordwind.call("MergeCustomers", pb.MergeCustomersRequest(from_id=one, into_id=other, reason="one"))
    titles = lambda: [n.title for n in notes.ListNotes(notes_pb2.ListNotesRequest(), metadata=nordwind.metadata, timeout=60).notes]
    eventually(lambda: f"merge of {one}" in titles(), "the merge was told")
    eventually(lambda: all_delivered(installation), "all was delivered")
    assert owed(installation)[(one, "EUR")] == "22.00"
    principals = installation.psql("SELECT DISTINCT principal FROM host.call WHERE request_id LIKE 'event/%'").stdout.split("\n")
    assert [p for p in principals if p] == ["event notes"]
    sequences = [int(n) for n in installation.psql("SELECT sequence FROM host.event WHERE tenant_id = 2 ORDER BY sequence").stdout.split()]
    assert sequences == list(range(1, len(sequences) + 1)), "dense"


def test_what_is_refused_holds_only_its_own_and_waits_for_somebody(installation, remitd, events, notes, nordwind):
    bad, into, good = nordwind.customer("E-5"), nordwind.customer("E-6"), nordwind.customer("E-7")
    nordwind.invoice(bad, "E5-1", "7.00")
    notes.AddNote(notes_pb2.AddNoteRequest(title=f"merge of {bad}"), metadata=nordwind.metadata, timeout=60)
    nordwind.call("MergeCustomers", pb.MergeCustomersRequest(from_id=bad, into_id=into, reason="one"))
    nordwind.call("UndoMerge", pb.UndoMergeRequest(from_id=bad))
    nordwind.invoice(bad, "E5-2", "8.00")
    nordwind.invoice(good, "E7-1", "9.00")
    eventually(lambda: owed(installation).get((good, "EUR")) == "9.00", "others are told")
    assert owed(installation)[(bad, "EUR")] == "7.00", "what follows waits"
    waiting = lambda: events.ListDeliveries(event_pb2.ListDeliveriesRequest(), metadata=nordwind.metadata, timeout=60).deliveries
    eventually(lambda: waiting() and waiting()[0].attempts >= 2, "it is tried again")
    first = waiting()[0]
    assert first.subscriber == "notes" and "TITLE_TAKEN" in first.error and not first.dead
    assert [d.attempts for d in waiting()[1:]] == [0] * (len(waiting()) - 1) and all(d.aggregate == first.aggregate for d in waiting())
    # As after the last attempt.
    installation.psql(f"UPDATE host.delivery SET attempts = 19, retry_at = now() WHERE sequence = {first.sequence}; UPDATE host.cursor SET retry_at = now()")
    eventually(lambda: waiting()[0].dead, "it is given up")
    listed = json.loads(installation.remit(remitd, "nordwind", "platform", "delivery", "list", "--dead", "--output", "json").stdout.splitlines()[0])
    assert listed["deliveries"][0]["error"]
    with pytest.raises(grpc.RpcError) as refused:
        events.DropDelivery(event_pb2.DropDeliveryRequest(subscriber="notes", sequence=first.sequence), metadata=nordwind.metadata, timeout=60)
    assert "reason" in refused.value.details()
    installation.psql(f"DELETE FROM notes.note WHERE title = 'merge of {bad}'")
    installation.remit(remitd, "nordwind", "event", "retry", "--subscriber", "notes", "--sequence", str(first.sequence))
    eventually(lambda: not waiting() and owed(installation)[(bad, "EUR")] == "15.00", "it was told, and what waited behind it")


def test_a_dropped_one_is_never_told_and_those_behind_it_are(installation, remitd, events, notes, nordwind):
    bad, into = nordwind.customer("E-8"), nordwind.customer("E-9")
    notes.AddNote(notes_pb2.AddNoteRequest(title=f"merge of {bad}"), metadata=nordwind.metadata, timeout=60)
    nordwind.call("MergeCustomers", pb.MergeCustomersRequest(from_id=bad, into_id=into, reason="one"))
    nordwind.call("UndoMerge", pb.UndoMergeRequest(from_id=bad))
    nordwind.invoice(bad, "E8-1", "8.00")
    waiting = lambda: events.ListDeliveries(event_pb2.ListDeliveriesRequest(), metadata=nordwind.metadata, timeout=60).deliveries
    eventually(lambda: len(waiting()) >= 2, "it waits")
    installation.remit(remitd, "nordwind", "event", "drop", "--subscriber", "notes", "--sequence", str(waiting()[0].sequence), "--reason", "a note is there")
    eventually(lambda: not waiting() and owed(installation)[(bad, "EUR")] == "8.00", "the others were told")
    missing = installation.remit(remitd, "nordwind", "event", "retry", "--subscriber", "notes", "--sequence", "1", check=False)
    assert missing.returncode != 0 and "no delivery of event 1" in missing.stderr


def test_who_may_not_see_a_thing_is_not_told_of_it(installation, remitd, events, nordwind):
    installation.remit(remitd, "nordwind", "role", "save", "listener", "platform.event.list", "ledger.period.list")
    secret = installation.remit(remitd, "nordwind", "key", "create", "ear", "--role", "listener").stdout.strip()
    assert told(events, type("Ear", (), {"metadata": [("authorization", f"Bearer {secret}")]})) == []
    assert installation.remit(remitd, "huaxin", "platform", "event", "list", "--type", "DocumentPosted", "--output", "csv").stdout.count("\n") <= 1, "nor of another company's"


def test_a_module_is_called_when_it_asked_to_be(installation, notes, nordwind):
    now = datetime.datetime.now(datetime.timezone.utc)
    for title, seconds in [("soon", 1), ("later", 3600)]:
        request = notes_pb2.AddNoteRequest(title=title)
        request.remind_at.FromDatetime(now + datetime.timedelta(seconds=seconds))
        notes.AddNote(request, metadata=nordwind.metadata, timeout=60)
    titles = lambda: [n.title for n in notes.ListNotes(notes_pb2.ListNotesRequest(), metadata=nordwind.metadata, timeout=60).notes]
    eventually(lambda: "reminder of soon" in titles(), "it was called")
    assert "reminder of later" not in titles()
    assert installation.psql("SELECT key FROM host.wake").stdout.split() == ["later"]


def test_a_company_travels_with_its_events(installation, remitd, nordwind, tmp_path):
    eventually(lambda: all_delivered(installation), "all was delivered")
    archive = tmp_path / "nordwind.jsonl"
    installation.remit(remitd, "operator", "tenant", "export", "nordwind", archive)
    installation.remit(remitd, "operator", "tenant", "import", archive, "--slug", "reisend")
    there = installation.psql("SELECT tenant_id FROM host.tenant WHERE slug = 'reisend'").stdout.strip()
    for what in ["count(*), max(sequence) FROM host.event", "last FROM host.event_tail", "subscriber, position FROM host.cursor", "key FROM host.wake"]:
        ours, theirs = (installation.psql(f"SELECT {what} WHERE tenant_id = {tenant}").stdout for tenant in ("2", there))
        assert ours == theirs, what
    installation.remit(remitd, "operator", "tenant", "suspend", "reisend")


@pytest.mark.parametrize("forgery", [
    lambda table, row: row.update(last=2 ** 62) if table == "host.event_tail" else None,
    lambda table, row: row.update(last=0) if table == "host.event_tail" else None,
    lambda table, row: row.update(position=-5) if table == "host.cursor" else None,
    lambda table, row: row.update(position=10 ** 15) if table == "host.cursor" else None,
    lambda table, row: row.update(due_at="-infinity") if table == "host.wake" else None,
    lambda table, row: row.update(key="k" * 1000) if table == "host.wake" else None,
    lambda table, row: row.update(sequence=-row["sequence"]) if table == "host.event" else None])
def test_an_archive_with_events_that_cannot_be_is_refused(installation, remitd, nordwind, tmp_path, forgery):
    archive, forged = tmp_path / "a.jsonl", tmp_path / "f.jsonl"
    installation.remit(remitd, "operator", "tenant", "export", "nordwind", archive)
    lines = [json.loads(line) for line in archive.read_text().splitlines()]
    for line in lines:
        if "table" in line:
            forgery(line["table"], line["row"])
    body = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines[:-1])
    lines[-1]["sha256"] = hashlib.sha256(body.encode()).hexdigest()
    forged.write_text(body + json.dumps(lines[-1]) + "\n")
    refused = installation.remit(remitd, "operator", "tenant", "import", forged, "--slug", "forged", check=False)
    assert refused.returncode != 0 and "the archive cannot be" in refused.stderr, refused.stderr


def test_a_slow_module_holds_up_no_other_company(installation, nordwind, huaxin):
    slow, quick = nordwind.customer("E-slow"), huaxin.customer("E-quick")
    eventually(lambda: all_delivered(installation), "all was delivered")
    nordwind.invoice(slow, "ES-0", "1.00")
    eventually(lambda: owed(installation).get((slow, "EUR")) == "1.00", "it is told")
    hold = installation.hold(f"SELECT * FROM notes.owed WHERE customer_id = '{slow}' FOR UPDATE")
    try:
        nordwind.invoice(slow, "ES-1", "1.00")
        time.sleep(0.5)
        huaxin.invoice(quick, "EQ-1", "1.00", currency="CNY")
        begun = time.monotonic()
        eventually(lambda: owed(installation, tenant=1).get((quick, "CNY")) == "1.00", "the other is told")
        assert time.monotonic() - begun < 15
    finally:
        hold.release()
    eventually(lambda: owed(installation)[(slow, "EUR")] == "2.00", "and then the first")


def test_the_cursor_of_a_killed_server_is_taken_over(installation, remitd, nordwind):
    customer = nordwind.customer("E-kill")
    eventually(lambda: all_delivered(installation), "all was delivered")
    nordwind.invoice(customer, "EK-0", "1.00")
    eventually(lambda: owed(installation).get((customer, "EUR")) == "1.00", "it is told")
    # As if another had begun to deliver, and was killed.
    installation.psql("UPDATE host.cursor SET leased_by = gen_random_uuid(), lease_until = now() + interval '2 s' WHERE tenant_id = 2")
    nordwind.invoice(customer, "EK-1", "1.00")
    eventually(lambda: owed(installation)[(customer, "EUR")] == "2.00", "it is taken over")


def test_a_wake_is_called_for_each_time_it_is_asked_for(installation, notes, nordwind):
    instant = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    long = "k" * 100
    request = notes_pb2.AddNoteRequest(title=long)
    request.remind_at.FromDatetime(instant)
    notes.AddNote(request, metadata=nordwind.metadata, timeout=60)
    titles = lambda: [n.title for n in notes.ListNotes(notes_pb2.ListNotesRequest(), metadata=nordwind.metadata, timeout=60).notes]
    eventually(lambda: f"reminder of {long}" in titles(), "also with the longest key")
    installation.psql(f"DELETE FROM notes.note WHERE title LIKE '%{long}'")
    notes.AddNote(request, metadata=nordwind.metadata, timeout=60)
    eventually(lambda: f"reminder of {long}" in titles(), "and for the same instant again")


def test_events_are_kept_for_thirty_days(installation, nordwind):
    eventually(lambda: all_delivered(installation), "all was delivered")
    installation.psql("UPDATE host.event SET recorded_at = recorded_at - interval '31 days' WHERE tenant_id = 2 AND sequence <= 3")
    server = installation.serve()  # which looks when it starts
    eventually(lambda: installation.psql("SELECT min(sequence) FROM host.event WHERE tenant_id = 2").stdout.strip() == "4", "they are gone")
    server.stop()


def test_none_is_lost_or_told_twice_though_servers_and_postgres_are_killed(installation, nordwind):
    """A subscriber's copy of all balances, built from events alone, equals the ledger's at the end."""
    customers = [nordwind.customer(f"EK-{n}") for n in range(8)]
    servers = [installation.serve(), installation.serve()]
    stop, done = threading.Event(), []

    def work(number):
        chance = random.Random(number)
        while not stop.is_set():
            server = chance.choice(servers)
            try:
                with server.channel() as channel:
                    company = Company(installation, channel, "nordwind")
                    for _ in range(20):
                        name = f"EK-{number}-{len(done)}-{chance.random()}"
                        invoice = company.invoice(customers[number], name, "10.00")
                        if chance.random() < 0.5:
                            company.receipt(customers[number], "4.00", invoice=invoice.id)
                        if chance.random() < 0.2:
                            company.call("ReverseDocument", pb.ReverseDocumentRequest(id=company.invoice(customers[number], name + "r", "3.00").id, reason="wrong"))
                        done.append(name)
            except (grpc.RpcError, ValueError):
                time.sleep(0.05)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for worker in workers:
        worker.start()
    for turn in range(4):
        before = len(done)
        eventually(lambda: len(done) > before + 20, "they work")
        if turn == 1:
            installation.dev("stop", "immediate")
            installation.dev("start")
        else:
            old = servers[turn % 2]
            old.process.send_signal(signal.SIGKILL)
            old.process.wait(10)
            servers[turn % 2] = installation.serve()
    before = len(done)
    eventually(lambda: len(done) > before + 5, "they work on")
    stop.set()
    for worker in workers:
        worker.join(60)
    assert len(done) > 50
    eventually(lambda: all_delivered(installation), "all was delivered")
    assert installation.psql("SELECT count(*) FROM host.delivery").stdout.strip() == "0"
    ours, theirs = owed(installation), balances(installation)
    of_these = lambda found: {key: amount for key, amount in found.items() if key[0] in customers}
    assert of_these(ours) == of_these(theirs) and of_these(ours)
    sequences = [int(n) for n in installation.psql("SELECT sequence FROM host.event WHERE tenant_id = 2 ORDER BY sequence").stdout.split()]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences))), "dense"
    for server in servers:
        server.stop()
