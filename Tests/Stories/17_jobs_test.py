"""As an administrator: what remitd does by itself, for each company and once, whichever remitd does it."""

import concurrent.futures
import time

import pytest
from companies import books_agree, day, eventually
from remit.ledger.v1 import ledger_pb2 as pb

ROWS = "SELECT count(*), count(DISTINCT (currency, side, due_on)) FROM ledger.ageing_delta WHERE tenant_id = 2"


@pytest.fixture(autouse=True)
def between_two_times():
    """At each fifth minute the job is due by itself: a test that meets one would count it."""
    left = 300 - time.time() % 300
    if left < 30:
        time.sleep(left + 3)


def make_due(installation):
    installation.psql("UPDATE host.job SET due_at = now(), lease_until = '-infinity' WHERE tenant_id = 2 AND name = 'fold_ageing'")


def is_done(installation):
    return installation.psql("SELECT due_at > now() FROM host.job WHERE tenant_id = 2 AND name = 'fold_ageing'").stdout.strip() == "t"


def ageing(company):
    return [(t.currency, [b.amount for b in t.buckets], t.credits.amount) for t in company.ageing().totals]


def test_a_company_has_its_jobs_and_each_is_due_again_at_the_next_time(installation, nordwind):
    eventually(lambda: installation.psql("SELECT bool_and(due_at > now()) FROM host.job").stdout.strip() == "t", "the jobs were done")
    row = installation.psql("""
        SELECT t.slug, j.module, extract(minute FROM due_at)::int % 5, due_at - now() <= interval '5 minutes'
          FROM host.job j JOIN host.tenant t USING (tenant_id) WHERE j.name = 'fold_ageing' ORDER BY 1""").stdout.split()
    assert row == ["huaxin|ledger|0|t", "nordwind|ledger|0|t"]


def test_changes_of_todays_ageing_are_put_together_while_others_post(installation, nordwind):
    customers = [nordwind.customer(f"J-{n}") for n in range(4)]

    def post(n):
        nordwind.invoice(customers[n % 4], f"J-{n}", "10.00", due=-30 + n % 3)
        if n % 2:
            nordwind.receipt(customers[n % 4], "4.00")
        if n % 10 == 0:
            make_due(installation)

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        list(clients.map(post, range(120)))
    before = ageing(nordwind)
    make_due(installation)
    eventually(lambda: is_done(installation), "the job was done")
    rows, groups = installation.psql(ROWS).stdout.strip().split("|")
    assert rows == groups and int(rows) <= 4
    assert ageing(nordwind) == before == [("EUR", ["0.00", "1200.00", "0.00", "0.00", "0.00"], "-240.00")]
    books_agree(installation, 2)
    for item in nordwind.items(page_size=1000):
        nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=item.document_id, undo_allocations=True, reason="wrong"))
    make_due(installation)
    eventually(lambda: is_done(installation), "the job was done")
    assert installation.psql(ROWS).stdout.strip() == "0|0", "what is settled leaves nothing"


def test_two_servers_do_a_job_once(installation, nordwind):
    installation.serve()
    customer = nordwind.customer("J-once")
    calls = lambda: int(installation.psql("SELECT count(*) FROM host.call WHERE tenant_id = 2 AND method LIKE '%/FoldAgeing'").stdout)
    for n in range(3):
        before = calls()
        for m in range(2):
            nordwind.invoice(customer, f"J-once-{n}-{m}", "1.00")
        make_due(installation)
        eventually(lambda: is_done(installation), "the job was done")
        assert calls() == before + 1
    principal = installation.psql("SELECT DISTINCT principal FROM host.call WHERE method LIKE '%/FoldAgeing'").stdout.strip()
    assert principal == "job fold_ageing"


def test_a_job_that_fails_is_tried_again(installation, remitd, nordwind):
    installation.psql("REVOKE DELETE ON ledger.ageing_delta FROM remit_ledger")
    try:
        customer = nordwind.customer("J-fails")
        for n in range(2):
            nordwind.invoice(customer, f"J-fails-{n}", "1.00")
        make_due(installation)
        eventually(lambda: any("a job failed" in line for server in installation.servers for line in server.lines), "the failure is logged")
        assert not is_done(installation)
    finally:
        installation.psql("GRANT DELETE ON ledger.ageing_delta TO remit_ledger")
    installation.psql("UPDATE host.job SET lease_until = '-infinity'")  # as if 30 s had passed
    eventually(lambda: is_done(installation), "it was tried again")
