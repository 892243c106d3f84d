"""Every command of docs/ledger.md runs, one after the other, and the books are then as it says."""

import os
import re
import subprocess

import pytest
from companies import Company, books_agree
from conftest import BIN, ROOT


TEXT = (ROOT / "docs/ledger.md").read_text()


@pytest.fixture(scope="module")
def outputs(installation, remitd):
    """Section and command -> what it printed."""
    environment = os.environ | {
        "REMIT_ADDRESS": f"127.0.0.1:{remitd.port}", "REMIT_KEY": installation.keys["nordwind"], "PATH": f"{BIN}:{os.environ['PATH']}"}
    with remitd.channel() as channel:
        company = Company(installation, channel, "nordwind")
        company.customer("L-1")
        printed = {}
        for section, text in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S):
            for command in "".join(re.findall(r"```sh\n(.*?)```", text, re.S)).splitlines():
                done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=60)
                assert done.returncode == 0, (command, done.stdout, done.stderr)
                printed[section, command] = done.stdout
            printed[section, "open"] = {item.number: item.open.amount for item in company.items(page_size=1000)}
        yield printed


def output(outputs, section, beginning):
    return next(text for (s, command), text in outputs.items() if s.startswith(section) and command.startswith(beginning))


def test_the_journal_is_as_the_tables_say(outputs, installation):
    assert output(outputs, "Invoice", "remit history").endswith(
        "debit  credit  tax %  amount  in EUR\n-----  ------  -----  ------  ------\n1100   2200            19.00   19.00\n1100   4000           100.00  100.00\n")
    journal = installation.psql(
        "SELECT d.kind, e.debit, e.credit, e.amount_minor, e.base_minor FROM ledger.entry e JOIN ledger.document d USING (tenant_id, document_id)").stdout.split()
    expected = [
        "invoice|1100|2200|1900|1900", "invoice|1100|4000|10000|10000", "receipt|1000|1100|10000|10000",
        "invoice|1100|4000|5000|5000", "receipt|1000|1100|6898|6898", "allocation|6300|1100|2|2",
        "reversal|1100|1000|6898|6898", "reversal|1100|6300|2|2",
        "credit_note|4000|1100|2000|2000", "refund|1100|1000|100|100", "write_off|6300|1100|5000|5000", "reversal|1100|6300|5000|5000",
        "debit_note|1100|4000|500|500", "adjustment|4100|1100|500|500", "opening|1100|9000|30000|30000",
        "invoice|1100|4000|10000|9000", "receipt|1000|1100|6000|5700", "allocation|1100|6500|0|300", "invoice|1100|4000|10000|9217", "revaluation|6510|1100|0|217", "reversal|1100|6510|0|217",
        "invoice|1100|4000|1000|1000", "invoice|1100|4120|1000|1000",
        "invoice|1100|4000|1000|1000", "invoice|1100|4000|20000|20000", "receipt|1000|1100|19500|19500", "allocation|4100|1100|500|500",
        "invoice|1100|4000|10000|10000", "invoice|1100|4000|8000|8000", "receipt|1000|1100|7600|7600", "allocation|6310|1100|150|150",
        "allocation|6300|1100|250|250",
        "invoice|1100|2200|19000|19000", "invoice|1100|4000|100000|100000", "receipt|1000|1100|116620|116620",
        "allocation|2200|1100|380|380", "allocation|4100|1100|2000|2000"]
    assert sorted(journal) == sorted(expected)


def test_what_is_open_is_as_it_says(outputs, installation):
    assert outputs["Invoice and receipt", "open"] == {"L-R1": "19.00"}
    assert outputs["Allocation", "open"] == {}
    assert output(outputs, "Taking back", "remit items --customer L-1 --as-of 2026-03-04").count("\n") == 2
    items = output(outputs, "Taking back", "remit items --customer L-1 --as-of 2026-03-05")
    assert re.findall(r"(L-R\d).* (\S+)$", items, re.M) == [("L-R1", "19.00"), ("L-R2", "50.00")]
    assert outputs["Credit note, refund, write-off and recovery", "open"] == {"L-R2": "50.00"}
    last = outputs["Foreign currency", "open"]
    assert sorted(last.values()) == ["-5.00", "100.00", "300.00", "40.00", "5.00", "50.00"] and last["L-R3"] == "40.00"
    assert books_agree(installation, 2) == {"EUR": (48000, 48000), "USD": (14000, 12817)}


def test_documents_and_customers_are_found(outputs):
    shown = output(outputs, "Finding", "remit documents --customer").splitlines()
    assert [line.split()[2] for line in shown if " invoice " in line and not line.startswith("total")][:1] and shown[-1].startswith("total")
    assert output(outputs, "Customers", "remit customers --search").splitlines()[2].split()[0] == "L-2"


def test_the_month_is_closed_and_the_trial_balance_balances(outputs):
    assert output(outputs, "Closing", "remit periods close 2026-03") == "2026-03-01 to 2026-03-31 is soft-closed\n"
    assert re.findall(r"^(\S+) +\S+ +(\S+)", outputs["Closing a month, trial balance, journal", "remit periods"], re.M)[2:] == [
        ("2026-02-01", "closed"), ("2026-03-01", "soft-closed")]
    total = output(outputs, "Closing", "remit trial-balance").splitlines()[-1].split()
    assert total[:3] == ["total", "EUR", "0.00"] and total[3] == total[4] and total[5] == "0.00"
    assert output(outputs, "Numbers", "remit accounts save").startswith("account 4120")
    posted = [text for (section, command), text in outputs.items() if section.startswith("Numbers") and command.startswith("remit post")]
    assert [text.split()[1] for text in posted] == ["RE-2026-0001", "RE-2026-0002"]


def test_terms_discount_and_short_payment_leave_the_instalments(outputs):
    items = output(outputs, "Terms", "remit items --customer L-2")
    assert re.findall(r"^(\S+) .*(L-T\d) .* (\S+)$", items, re.M) == [("2026-08-01", "L-T2", "50.00"), ("2026-09-01", "L-T2", "50.00")]


def test_rates_series_profiles_and_a_customer_are_listed(outputs):
    assert re.findall(r"^(\S+) +USD +(\S+) +ECB", output(outputs, "Foreign", "remit rates --currency"), re.M) == [("2026-05-29", "0.90"), ("2026-05-05", "1/1.0850")]
    assert re.search(r"export +revenue +4120", output(outputs, "Numbers", "remit accounts profiles"))
    assert re.search(r"invoice +RE-\{year\}-\{number\} +4 +2026: 2", outputs["Numbers, accounts and posting profiles", "remit numbers"])
    assert "DE136695976" in output(outputs, "Customers", "remit customers show") and "Mueller Engineering" in output(outputs, "Customers", "remit customers show")


def test_the_merged_customer_has_the_item_and_gives_it_back(outputs):
    assert "RE-2026-0003" in output(outputs, "Customers", "remit items --customer L-2")
    assert "L-2" in output(outputs, "Customers", "remit customers similar") and "100 %" in output(outputs, "Customers", "remit customers similar")
    assert output(outputs, "Customers", "remit customers unmerge") == "customer L-3 is itself again\n"


def test_the_plan_is_told_in_words(outputs):
    plan = output(outputs, "Allocation", "remit allocate --customer L-1 --tolerance 0.05 --currency EUR --dry-run")
    assert "invoice L-R1, due 2026-02-04, 19.00 EUR open: 19.00 EUR by receipt L-Z2 on 2026-03-01; settled" in plan
    assert "49.98 EUR by receipt L-Z2 on 2026-03-01, 0.02 EUR written off (within the tolerance of 0.05); settled" in plan
    assert "of it settle" in output(outputs, "Credit note", "remit post credit-note")


def test_the_accounts_are_those_of_a_new_company(installation):
    accounts = installation.psql("SELECT code FROM ledger.account WHERE tenant_id = 1").stdout.split()
    paragraph = TEXT.split("The accounts that every company begins with:")[1].split("\n\n")[0]
    assert sorted(accounts) == sorted(re.findall(r"\d{4}", paragraph))
