"""A stranger runs `make run`, sees the ageing of two companies, tries the three commands, stops it, and starts it again."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time

import pytest
from conftest import BIN, ROOT


class Run:
    """deploy/run, which `make run` calls when all is built."""

    def __init__(self, environment):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [ROOT / "deploy/run", BIN], env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if "Ctrl-C stops everything" in line:
                break
        self.seconds = time.monotonic() - self.began
        self.text = "\n".join(self.lines)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGINT)  # as a terminal does
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    with socket.socket() as free, socket.socket() as other:
        for one in (free, other):
            one.bind(("127.0.0.1", 0))
        address, http = (f"127.0.0.1:{one.getsockname()[1]}" for one in (free, other))
    folder = tmp_path_factory.mktemp("run")
    yield {"GRPC": address, "METRICS": "127.0.0.1:0", "HTTP": http, "RUN": str(folder)}
    subprocess.run([ROOT / "deploy/dev-postgres", "remove", folder], check=True, capture_output=True)


@pytest.fixture(scope="module")
def first(environment):
    run = Run(environment)
    yield run
    if run.process.poll() is None:
        run.stop()


def ageing(text):
    """Company and currency -> the line of the table."""
    found = {}
    for company, table in re.findall(r"^(\w+): Ageing as at [\d-]+\n\n.*\n.*\n((?:[A-Z]{3} .*\n)+)", text, re.M):
        for line in table.splitlines():
            found[company, line[:3]] = line
    return found


def test_two_companies_are_imported_and_aged(first):
    assert set(ageing(first.text)) == {("huaxin", "CNY"), ("nordwind", "EUR"), ("nordwind", "CHF")}, first.text
    counts = re.findall(r"^(\d+) (\w+): (\d+) imported(.*)$", first.text, re.M)
    assert [(kind, rest) for _, kind, _, rest in counts] == [
        ("customers", ""), ("invoices", ", 6 refused"), ("receipts", ""),
        ("customers", ""), ("invoices", ", 5 refused"), ("receipts", "")]
    assert all(int(created) >= 250 for _, _, created, _ in counts)


def test_the_three_commands_work_as_printed(first):
    printed = first.text.split("Three commands to try in another terminal:\n")[1].splitlines()
    export, *commands = [line.split("  #")[0].strip() for line in printed[:4]]
    assert len(commands) == 3
    outputs = []
    for command in commands:
        done = subprocess.run(["bash", "-c", f"{export}\n{command}"], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 65), (command, done)
        outputs.append(done.stdout)
    assert "total" in outputs[0] and "10001" in outputs[0]
    assert "3005 invoices: 0 imported, 3002 known already, 3 refused" in outputs[1] and "RE-9999" not in outputs[1]
    assert 'amount: "119.00"' in outputs[2] and shlex.split(export)[1].startswith("REMIT_ADDRESS=")


def test_curl_as_start_md_has_it(first, environment):
    export = next(line.strip() for line in first.lines if line.strip().startswith("export REMIT_ADDRESS"))
    command = next(line.strip() for line in (ROOT / "docs/start.md").read_text().splitlines() if line.strip().startswith("curl "))
    assert f"by JSON on http://{environment['HTTP']}" in first.text
    done = subprocess.run(
        ["bash", "-c", f"{export}\n{command.replace('127.0.0.1:7461', environment['HTTP'])}"], capture_output=True, text=True, timeout=60)
    assert len(json.loads(done.stdout)["items"]) == 3


def test_the_commands_of_start_md_work(first):
    export = next(line.strip() for line in first.lines if line.strip().startswith("export REMIT_ADDRESS"))
    commands = [line.split("  #")[0] for line in (ROOT / "docs/start.md").read_text().splitlines() if line.startswith(".build/debug/remit ")]
    assert len(commands) == 5
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", f"{export}\n{command.replace('.build/debug', str(BIN))}"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and len(done.stdout.splitlines()) > 2, (command, done)


def test_ctrl_c_stops_all_of_it_and_a_second_run_has_the_data_within_seconds(first, environment):
    shown = ageing(first.text)["huaxin", "CNY"]
    assert first.stop() == 0
    with pytest.raises(OSError):
        socket.create_connection(environment["GRPC"].split(":"), timeout=1)
    second = Run(environment)
    assert second.seconds < 15 and "imported" not in second.text
    # The next day may have come between.
    assert ageing(second.text)["huaxin", "CNY"].split()[-1] == shown.split()[-1]
    # As make stop does, from another terminal.
    subprocess.run([ROOT / "deploy/stop"], env=os.environ | environment, check=True, timeout=60)
    second.process.communicate(timeout=60)
    assert second.process.returncode == 0
