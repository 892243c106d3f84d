"""Many write at once: writes that wait for the database go together, and each still has its own answer, its own refusal and its own place in the audit."""

from companies import Company, books_agree, day

from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money

POSTINGS = 600


def test_hundreds_in_flight_of_which_some_are_refused(installation):
    server = installation.serve("--calls-per-tenant", "200")
    with server.channel() as channel:
        company = Company(installation, channel, "nordwind")
        customer = company.customer("M-1")
        commits = lambda: int(installation.psql("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()").stdout)

        def request(n):
            # Every seventh has a number that is taken, every eleventh no customer; every thirteenth repeats the one before it.
            number = "M-0" if n % 7 == 0 else f"M-{n}"
            return pb.PostInvoiceRequest(invoice=pb.Invoice(
                customer_id="00000000-0000-4000-8000-000000000000" if n % 11 == 0 else customer, number=number, amount=Money(currency="EUR", amount=f"{n + 1}.00"), issued_on=day(-5), due_on=day(5)))

        asked, running = [], []
        for n in range(POSTINGS):
            of = n - 1 if n % 13 == 12 else n
            asked.append(of)
            running.append(company.ledger.PostInvoice.future(request(of), metadata=company.metadata + [("idempotency-key", f"many-{of}")], timeout=60))
            if n >= 64:
                running[n - 64].exception()
        posted, refused = {}, {}
        for of, call in zip(asked, running):
            if call.exception() is None:
                assert posted.setdefault(of, call.result().id) == call.result().id, "the repetition has the same answer"
                assert call.result().number in (f"M-{of}", "M-0") and call.result().amount.amount == f"{of + 1}.00"
            else:
                refused.setdefault(of, call.exception().code().name)
        assert {of for of in set(asked) if of % 11 == 0} <= set(refused)
        assert sum(of % 7 == 0 for of in posted) == 1, "one has the number that all those want"
        assert not [of for of in refused if of % 7 and of % 11], refused
        assert set(refused.values()) <= {"ALREADY_EXISTS", "NOT_FOUND", "INVALID_ARGUMENT", "FAILED_PRECONDITION"}, refused
        items = company.items(customer_id=customer)
        assert len(items) == len(posted) and sum(float(item.open.amount) for item in items) == sum(of + 1 for of in posted)
        told = installation.psql("SELECT count(*) FROM host.call WHERE request_id LIKE 'many-%'").stdout.strip()
        assert int(told) == len(posted), "each has its own row in the audit, the refused none"
        together = int(installation.psql("SELECT count(*) - count(DISTINCT xmin::text) FROM ledger.document WHERE number LIKE 'M-%'").stdout)
        assert together > 0, "some were committed together"
    books_agree(installation, 2)
    assert server.stop() == 0
