"""Commands that once gave something wrong, as they were noted, and what is right."""

import os
import subprocess

import pytest
from conftest import BIN, shared


@pytest.fixture(scope="module")
def run(installation, remitd, nordwind):
    """The lines of a case -> what each printed, in a company of customers 1001 and 1002."""
    for number in ("1001", "1002"):
        nordwind.customer(number)
    environment = os.environ | {
        "REMIT_ADDRESS": f"127.0.0.1:{remitd.port}", "REMIT_KEY": installation.keys["nordwind"], "PATH": f"{BIN}:{os.environ['PATH']}"}

    def run(name):
        lines = (shared("cases") / name).read_text().splitlines()
        done = [subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, timeout=120) for line in lines]
        return [each.stderr + each.stdout for each in done]
    return run


def test_of_what_could_be_collected_two_thirds_were(run):
    assert run("cei.sh")[-1].splitlines()[-1].split() == ["collection", "effectiveness", "66.67", "%"]


def test_the_tax_in_a_discount_is_corrected(run):
    closing = {line.split()[0]: line.split()[-1] for line in run("discount-tax.sh")[-1].splitlines() if line[:1].isdigit()}
    assert closing["4100"] == "20.00" and closing["2200"] == "-186.20"


def test_an_old_receipt_does_not_stop_the_others(run, installation, remitd):
    shared("cases")
    # Nothing else of 100.00 is open, so that it is sure which invoice is meant.
    for month in ("04", "05", "06"):
        installation.remit(remitd, "nordwind", *f"post receipt --customer 1001 --amount 100.00 --on 2026-06-20 --against E2026-{month}".split())
    *_, plan, done, later, _, _ = run("allocate-all.sh")
    assert plan.endswith("1 allocation would be made\n") and "not allocated: invoice PI1 by receipt PR1: 2026-02-10 is in the period" in plan
    assert "invoice PI2" in done and "settled" in done and done.endswith("1 allocation\n")
    assert "invoice PI1" in later and "by receipt PR1 on 2026-03-01; settled" in later
