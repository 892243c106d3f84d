"""Part of `make bench`: how soon after its commit an event is told to who listens, and what ten thousand silent listeners take.

Arguments: port of the JSON door, key, pid of remitd, a customer's id.
"""

import json
import pathlib
import resource
import socket
import statistics
import sys
import threading
import time
import urllib.request
import uuid

PORT, KEY, PID, CUSTOMER = sys.argv[1:5]
POSTINGS, EACH_SECONDS = 600, 0.02
LISTENERS = 10_000
arrived = []


def listener(timeout=None):
    connection = socket.create_connection(("127.0.0.1", int(PORT)), timeout=timeout)
    connection.sendall(f"GET /events HTTP/1.1\r\nhost: remit\r\nauthorization: Bearer {KEY}\r\n\r\n".encode())
    return connection


def read(connection):
    for line in connection.makefile("rb"):
        if line.startswith(b"data:") and json.loads(line[5:])["type"].endswith(".DocumentPosted"):
            arrived.append(time.perf_counter())


def post(number):
    body = {"invoice": {"customerId": CUSTOMER, "number": number, "amount": {"currency": "EUR", "amount": "10"}, "issuedOn": "2026-01-05", "dueOn": "2026-02-05"}}
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/remit.ledger.v1.LedgerService/PostInvoice", data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
        return time.perf_counter()


def delivery():
    connection = listener()
    threading.Thread(target=read, args=[connection], daemon=True).start()
    time.sleep(1)
    answered, run = [], uuid.uuid4().hex[:6]
    for n in range(POSTINGS):
        answered.append(post(f"D{run}-{n}"))
        time.sleep(EACH_SECONDS)
    time.sleep(2)
    connection.close()
    # Of one customer, so in their order.
    assert len(arrived) == POSTINGS, f"{len(arrived)} of {POSTINGS} postings were told"
    times = sorted(max(0.0, told - at) * 1000 for told, at in zip(arrived, answered))
    print(f"an event is told after its commit: median {statistics.median(times):.1f} ms, p99 {times[int(len(times) * 0.99)]:.1f} ms (aim p99 100 ms)")


def rss_kib():
    return int(next(line.split()[1] for line in pathlib.Path(f"/proc/{PID}/status").read_text().splitlines() if line.startswith("VmRSS")))


def listeners():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = int(next(line.split()[3] for line in pathlib.Path(f"/proc/{PID}/limits").read_text().splitlines() if line.startswith("Max open files")))
    count = min(LISTENERS, min(hard, server) - 200)
    before = rss_kib()
    open_ones = []
    for n in range(count):
        open_ones.append(listener(timeout=60))
        if n % 200 == 199:
            # The greeting has come: it listens.
            open_ones[-1].recv(4096)
    time.sleep(2)
    after = rss_kib()
    at = post(f"L{uuid.uuid4().hex[:6]}")
    last = open_ones[-1]
    last.settimeout(30)
    text = b""
    while b"DocumentPosted" not in text:
        text += last.recv(4096)
    print(f"{count} silent listeners: {(after - before) / 1024:.0f} MiB, {(after - before) / count:.1f} KiB each; "
          f"the last is told {(time.perf_counter() - at) * 1000:.0f} ms after a commit")
    for connection in open_ones:
        connection.close()


delivery()
listeners()
