"""What approvals cost: approvals.py <port> <key of the owner> <admin's database>. Prints lines of `name: figure`."""

import concurrent.futures
import re
import statistics
import subprocess
import sys
import tempfile
import time

from grpc_tools import protoc
import grpc

port, key, database = sys.argv[1:]
folder = tempfile.mkdtemp()
names = ["type/v1/money", "api/v1/options", "plugin/v1/plugin", "document/v1/document", "platform/v1/configuration", "platform/v1/person", "platform/v1/key", "platform/v1/tenant", "workflow/v1/case"]
protoc.main(["", "-Iproto", f"-I{protoc.__file__.rsplit('/', 1)[0]}/_proto", f"--python_out={folder}", f"--grpc_python_out={folder}", *(f"remit/{name}.proto" for name in names)])
sys.path.insert(0, folder)
from google.protobuf import struct_pb2  # noqa: E402
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, key_pb2, key_pb2_grpc, person_pb2, person_pb2_grpc  # noqa: E402
from remit.workflow.v1 import case_pb2, case_pb2_grpc  # noqa: E402

STEPS, CASES, CLIENTS, TASKS = 10, 120, 8, 100_000
owner = [("authorization", f"Bearer {key}")]
flow = "kind: flow\nname: bench\nmethod: remit.ledger.v1.LedgerService/PostDocument\nsummary: request.document.number\nfallback: bench_manager\nsteps:\n" + "".join(
    f"  - {{name: s{n}, approve: {{by: [{{role: bench_manager}}]}}, next: [{{go: {f's{n + 1}' if n < STEPS else 'post'}}}]}}\n" for n in range(1, STEPS + 1)) + \
    "  - {name: post, carry: {}, next: [{go: done}]}\n  - {name: done, end: {}}\n"
texts = [flow, "kind: approval\nname: bench\nmethod: remit.ledger.v1.LedgerService/PostDocument\nflow: bench\n",
         "kind: role\nname: bench_manager\npermissions: [\"workflow.*\", \"platform.form.get\"]\n"]


def channel():
    return grpc.insecure_channel(f"127.0.0.1:{port}")


def p(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] * 1000


with channel() as one:
    configuration = configuration_pb2_grpc.ConfigurationServiceStub(one)
    documents = [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", t)[:2]) + ".yaml", text=t) for t in texts]
    plan = configuration.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=owner)
    configuration.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(documents=documents, base_version=plan.base_version), metadata=owner)
    persons, keys, managers = person_pb2_grpc.PersonServiceStub(one), key_pb2_grpc.KeyServiceStub(one), []
    for n in range(CLIENTS):
        persons.CreatePerson(person_pb2.CreatePersonRequest(person=person_pb2.Person(login=f"bench{n}", name=f"Bench {n}", roles=["bench_manager"])), metadata=owner)
        managers.append([("authorization", "Bearer " + keys.CreateKey(key_pb2.CreateKeyRequest(principal=f"bench{n}", roles=["bench_manager"]), metadata=owner).secret)])

    def submit(numbers):
        times, made = [], []
        with channel() as own:
            cases = case_pb2_grpc.CaseServiceStub(own)
            for number in numbers:
                request = struct_pb2.Struct()
                request.update({"document": {"kind": "debit_note", "customerId": f"00000000-0000-0000-0000-{number % 500 + 1:012x}", "number": f"BA-{number}",
                                             "amount": {"currency": "EUR", "amount": "10.00"}, "issuedOn": "2026-01-05", "reason": "bench"}})
                begun = time.perf_counter()
                made.append(cases.Submit(case_pb2.SubmitRequest(method="remit.ledger.v1.LedgerService/PostDocument", request=request), metadata=owner).id)
                times.append(time.perf_counter() - begun)
        return times, made

    def decide(work):
        manager, mine = work
        times = []
        with channel() as own:
            tasks = case_pb2_grpc.TaskServiceStub(own)
            for step in range(1, STEPS):
                for case in mine:
                    begun = time.perf_counter()
                    tasks.Decide(case_pb2.DecideRequest(case_id=case, visit=step, task=1, decision=1), metadata=manager)
                    times.append(time.perf_counter() - begun)
        return times

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        begun = time.perf_counter()
        submitted = list(pool.map(submit, [range(n, CASES, CLIENTS) for n in range(CLIENTS)]))
        took = time.perf_counter() - begun
        times = [t for one, _ in submitted for t in one]
        print(f"start of a case: {CASES / took:.0f}/s, p50 {p(times, 0.5):.1f} ms, p99 {p(times, 0.99):.1f} ms")
        begun = time.perf_counter()
        decided = list(pool.map(decide, zip(managers, [made for _, made in submitted])))
        took = time.perf_counter() - begun
        times = [t for one in decided for t in one]
        print(f"approval steps: {len(times) / took:.0f}/s with {CLIENTS} clients, p50 {p(times, 0.5):.1f} ms, p99 {p(times, 0.99):.1f} ms (aim 300/s, p99 25 ms)")
    subprocess.run(["psql", "-Xqd", database, "-c", f"""
        SET remit.tenant = '2';
        INSERT INTO workflow.instance SELECT i.tenant_id, lpad(to_hex(n), 32, '0')::uuid, flow, flow_sha256, 'running', submitter, submit_call, method, request, approval, subject, summary,
               currency, amount_minor, why, may_decide_own, round, 1, 1, variables, '', '', NULL, started_at, NULL FROM (SELECT * FROM workflow.instance LIMIT 1) i, generate_series(1, {TASKS}) n;
        INSERT INTO workflow.visit SELECT 2, lpad(to_hex(n), 32, '0')::uuid, 1, 's1', NULL, '{{}}', 1, 'open', '', now(), NULL, NULL FROM generate_series(1, {TASKS}) n;
        INSERT INTO workflow.task SELECT 2, lpad(to_hex(n), 32, '0')::uuid, 1, 1, 1, 1, 1, CASE WHEN n % 10 = 0 THEN 'bench0' ELSE 'somebody' END, '', 'open', now(), NULL, '', '' FROM generate_series(1, {TASKS}) n;
        ANALYZE workflow.task, workflow.visit, workflow.instance;"""], check=True)
    tasks, times = case_pb2_grpc.TaskServiceStub(one), []
    for _ in range(30):
        begun = time.perf_counter()
        found = tasks.ListTasks(case_pb2.ListTasksRequest(page_size=100), metadata=managers[0])
        times.append(time.perf_counter() - begun)
    assert len(found.items) == 100
    print(f"my first 100 tasks among {TASKS}: p50 {statistics.median(times) * 1000:.1f} ms")
