"""As an administrator: what remitd does by itself, for each company and once, whichever remitd does it."""

import concurrent.futures
import time

import grpc
import pytest
from companies import Company, books_agree, day, eventually
from remit.ledger.v1 import ledger_pb2 as pb

ROWS = "SELECT count(*), count(DISTINCT (currency, side, due_on)) FROM ledger.ageing_delta WHERE tenant_id = 2"


@pytest.fixture(autouse=True)
def between_two_times():
    """At each fifth minute the job is due by itself: a test that meets one would count it."""
    left = 300 - time.time() % 300
    if left < 20:
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
        list(clients.map(post, range(60)))
    before = ageing(nordwind)
    make_due(installation)
    eventually(lambda: is_done(installation), "the job was done")
    rows, groups = installation.psql(ROWS).stdout.strip().split("|")
    assert rows == groups and int(rows) <= 4
    assert ageing(nordwind) == before == [("EUR", ["0.00", "600.00", "0.00", "0.00", "0.00"], "-120.00")]
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
    for n in range(2):
        before = calls()
        for m in range(2):
            nordwind.invoice(customer, f"J-once-{n}-{m}", "1.00")
        make_due(installation)
        eventually(lambda: is_done(installation), "the job was done")
        assert calls() == before + 1
    principal = installation.psql("SELECT DISTINCT principal FROM host.call WHERE method LIKE '%/FoldAgeing'").stdout.strip()
    assert principal == "job fold_ageing"


def wait_seconds(installation):
    return float(installation.psql("SELECT extract(epoch FROM lease_until - now()) FROM host.job WHERE tenant_id = 2 AND name = 'fold_ageing'").stdout)


def test_a_job_that_fails_is_tried_again_later_and_later(installation, remitd, nordwind):
    failures = lambda: int(installation.psql("SELECT failures FROM host.job WHERE tenant_id = 2 AND name = 'fold_ageing'").stdout)
    installation.psql("REVOKE DELETE ON ledger.ageing_delta FROM remit_ledger")
    try:
        customer = nordwind.customer("J-fails")
        for n in range(2):
            nordwind.invoice(customer, f"J-fails-{n}", "1.00")
        for n, seconds in enumerate([30, 60], start=1):
            make_due(installation)
            eventually(lambda: failures() == n, "the failure is counted")
            assert seconds - 10 < wait_seconds(installation) <= seconds, "it waits twice as long each time"
        assert any("a job failed" in line for server in installation.servers for line in server.lines)
        installation.psql("UPDATE host.job SET failures = 100")
        make_due(installation)
        eventually(lambda: failures() == 101, "the failure is counted")
        assert 3590 < wait_seconds(installation) <= 3600, "an hour at most"
        assert not is_done(installation)
    finally:
        installation.psql("GRANT DELETE ON ledger.ageing_delta TO remit_ledger")
    installation.psql("UPDATE host.job SET lease_until = '-infinity'")  # as if the time had passed
    eventually(lambda: is_done(installation), "it was tried again")
    assert failures() == 0


def test_a_long_job_does_not_hold_up_the_others(installation, nordwind, huaxin):
    customer = huaxin.customer("J-long")
    for n in range(2):
        huaxin.invoice(customer, f"J-long-{n}", "1.00", currency="CNY")
    held = installation.hold("SELECT FROM ledger.ageing_delta WHERE tenant_id = 1 FOR UPDATE")
    try:
        installation.psql("UPDATE host.job SET due_at = '2026-01-01', lease_until = '-infinity' WHERE tenant_id = 1")
        eventually(lambda: installation.psql(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%ageing_delta%'").stdout.strip() == "t", "it waits")
        make_due(installation)
        eventually(lambda: is_done(installation), "the other company's job was done")
        assert installation.psql("SELECT lease_until > now() AND due_at < now() FROM host.job WHERE tenant_id = 1").stdout.split() == ["t"]
    finally:
        held.release()


def test_time_moves_for_companies_by_the_clock_of_tests(installation, tmp_path, nordwind):
    """Also what is due then is done then, without waiting for it."""
    clock = tmp_path / "ahead"
    clock.write_text("0\n")
    server = installation.serve("--clock", clock)
    with server.channel() as channel:
        later = Company(installation, channel, "nordwind")
        customer = later.customer("J-clock")
        with pytest.raises(grpc.RpcError) as error:
            later.invoice(customer, "J-clock", "1.00", issued=39, due=60)
        assert "after today" in error.value.details()
        clock.write_text(str(40 * 86400))
        invoice = later.invoice(customer, "J-clock", "1.00", issued=39, due=60)
        assert invoice.recorded_at.ToDatetime().date().isoformat() >= day(39)
        eventually(lambda: installation.psql(
            f"SELECT due_at > '{day(39)}' FROM host.job WHERE tenant_id = 2 AND name = 'fold_ageing'").stdout.strip() == "t", "the job was done then")
        later.customer("J-clock-2")  # what is known of a key is of its date
        clock.write_text("nonsense")
        with pytest.raises(grpc.RpcError):
            later.invoice(customer, "J-clock-2", "1.00", issued=39, due=60)
    server.process.terminate()
    assert server.process.wait(20) == 0
