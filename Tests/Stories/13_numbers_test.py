"""As a controller: numbers of documents without a gap, also where many post at once, postings fail and the server dies."""

import concurrent.futures
import itertools
import random
import re
import signal
import threading

import grpc
import pytest
from companies import Company, books_agree, day, eventually
from conftest import details
from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money

YEAR = day(-60)[:4]


def series(company, kind, pattern, digits=0):
    return company.call("SetNumberSeries", books.SetNumberSeriesRequest(
        series=books.NumberSeries(kind=kind, pattern=pattern, digits=digits)))


def test_without_a_series_an_invoice_needs_a_number_and_a_receipt_is_numbered_by_itself(nordwind):
    customer = nordwind.customer("N-1")
    with pytest.raises(grpc.RpcError) as refused:
        nordwind.invoice(customer, "", "1.00")
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT and "no number series for invoices" in refused.value.details()
    assert nordwind.receipt(customer, "1.00").number == f"RC-{YEAR}-00001"


def test_each_kind_has_its_series_each_year_begins_at_one(nordwind):
    customer = nordwind.customer("N-2")
    series(nordwind, "invoice", "RE-{year}-{number}", 4)
    series(nordwind, "receipt", "Z{number}")
    series(nordwind, "write_off", "AB-{number}")
    series(nordwind, "reversal", "ST-{number}")
    assert [nordwind.invoice(customer, "", "10.00").number for _ in range(3)] == [f"RE-{YEAR}-000{n}" for n in (1, 2, 3)]
    assert nordwind.invoice(customer, "", "10.00", issued=-800).number == f"RE-{day(-800)[:4]}-0001"
    assert [nordwind.receipt(customer, "10.00").number for _ in range(2)] == ["Z1", "Z2"]
    written_off = nordwind.call("PostDocument", pb.PostDocumentRequest(
        document=pb.Document(kind="write_off", customer_id=customer, issued_on=day(-1), reason="lost"),
        against=pb.ItemChoice(number=f"RE-{YEAR}-0001")))
    assert written_off.document.number == "AB-1"
    reversal = nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=written_off.document.id, undo_allocations=True, reason="wrong"))
    assert reversal.number == "ST-1"
    found = {s.kind: s for s in nordwind.call("ListNumberSeries", books.ListNumberSeriesRequest()).series}
    assert [(c.year, c.last) for c in found["invoice"].counters] == [(int(day(-800)[:4]), 1), (int(YEAR), 3)]
    assert [(c.year, c.last) for c in found["receipt"].counters] == [(0, 2), (int(YEAR), 1)], "one of before it had a series of its own"


def test_a_posting_that_is_refused_gives_its_number_back(nordwind):
    customer = nordwind.customer("N-3")
    nordwind.invoice(customer, "", "1.00", external_id="N-3-1")
    last = nordwind.invoice(customer, "", "1.00").number
    with pytest.raises(grpc.RpcError) as refused:
        nordwind.invoice(customer, "", "1.00", external_id="N-3-1")
    assert details(refused.value)["ErrorInfo"].reason == "EXTERNAL_ID_TAKEN"
    assert int(nordwind.invoice(customer, "", "1.00").number[-4:]) == int(last[-4:]) + 1


def test_a_number_given_by_hand_is_left_out_by_the_series(nordwind):
    customer = nordwind.customer("N-4")
    last = int(nordwind.invoice(customer, "", "1.00").number[-4:])
    nordwind.invoice(customer, f"RE-{YEAR}-{last + 1:04}", "1.00")
    nordwind.invoice(customer, f"RE-{YEAR}-{last + 2:04}", "1.00")
    assert nordwind.invoice(customer, "", "1.00").number == f"RE-{YEAR}-{last + 3:04}"


def test_receipts_of_a_file_without_numbers_get_those_of_the_series_in_the_order_of_the_file(nordwind):
    nordwind.customer("N-7")
    nordwind.receipt(nordwind.customer("N-8"), "1.00", number="Z4")  # given by hand: left out
    file = "customer,amount,received\n" + "".join(f"N-7,{n}.00,{day(-9)}\n" for n in range(1, 4))
    assert nordwind.load("receipts", file.encode(), dry_run=True)[0].created == 3
    assert nordwind.load("receipts", file.encode())[0].created == 3
    found = {item.number: item.amount.amount for item in nordwind.items(page_size=1000) if item.customer_number == "N-7"}
    assert found == {"Z3": "-1.00", "Z5": "-2.00", "Z6": "-3.00"}


def test_a_series_ends_when_its_pattern_is_taken_away_and_a_wrong_pattern_is_refused(nordwind):
    customer = nordwind.customer("N-5")
    series(nordwind, "debit_note", "D{number}")
    series(nordwind, "debit_note", "")
    note = nordwind.call("PostDocument", pb.PostDocumentRequest(document=pb.Document(
        kind="debit_note", customer_id=customer, issued_on=day(-1), amount=Money(currency="EUR", amount="1.00")))).document
    assert note.number == note.id
    for kind, pattern, digits in [("letter", "{number}", 0), ("invoice", "RE", 0), ("invoice", "{number}-{number}", 0), ("invoice", "{no}{number}", 0),
                                  ("invoice", "{number}", 13)]:
        with pytest.raises(grpc.RpcError) as refused:
            series(nordwind, kind, pattern, digits)
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_eight_clients_and_a_killed_server_leave_no_gap(installation, huaxin):
    series(huaxin, "invoice", "FP{number}", 6)
    customers = [huaxin.customer(f"N-6-{n}") for n in range(3)]
    acknowledged = [huaxin.invoice(customers[0], "", "1.00", "CNY", external_id="known").number]
    for _ in range(2):
        server, stop = installation.serve(), threading.Event()

        def client(seed):
            chance = random.Random(seed)
            with server.channel() as channel:
                company = Company(installation, channel, "huaxin")
                for step in itertools.count():
                    is_refused = chance.random() < 0.2  # when its number is taken already
                    try:
                        number = company.invoice(
                            chance.choice(customers), "", "1.00", "CNY", external_id="known" if is_refused else "").number
                        assert not is_refused
                        acknowledged.append(number)
                    except grpc.RpcError as error:
                        if error.code() == grpc.StatusCode.ALREADY_EXISTS and is_refused:
                            continue
                        assert error.code() == grpc.StatusCode.UNAVAILABLE and stop.is_set(), error
                        break

        before = len(acknowledged)
        with concurrent.futures.ThreadPoolExecutor(8) as clients:
            running = [clients.submit(client, seed) for seed in range(8)]
            eventually(lambda: len(acknowledged) > before + 150, "postings")
            stop.set()
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(timeout=60)
            for call in running:
                call.result()
        eventually(lambda: installation.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'remitd' AND state <> 'idle'").stdout.strip() == "0", "the backends end")
    numbers = installation.psql("SELECT number FROM ledger.document WHERE tenant_id = 1 AND kind = 'invoice'").stdout.split()
    assert all(re.fullmatch(r"FP\d{6}", number) for number in numbers)
    assert sorted(int(number[2:]) for number in numbers) == list(range(1, len(numbers) + 1))
    assert len(acknowledged) == len(set(acknowledged)) and set(acknowledged) <= set(numbers)
    assert len(numbers) <= len(acknowledged) + 16, "at most one unacknowledged for each client and crash"
    books_agree(installation, 1)
