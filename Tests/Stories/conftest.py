"""A real remitd on a real Postgres, for stories told with stock clients."""

import atexit
import functools
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("REMIT_BIN", ROOT / ".build/debug"))
STUBS = pathlib.Path(os.environ.get("REMIT_STUBS") or tempfile.mkdtemp(prefix="remit-stubs-"))


def pytest_configure(config):
    """Compiles the protos as any Python client would, once for all workers."""
    sys.path.insert(0, str(STUBS))
    if "REMIT_STUBS" in os.environ:
        return
    os.environ["REMIT_STUBS"] = str(STUBS)
    protos = sorted(str(path) for folder in ("proto/remit", "Plugins/Examples") for path in (ROOT / folder).rglob("*.proto"))
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"-I{ROOT / 'Plugins/Examples'}", f"--python_out={STUBS}", f"--grpc_python_out={STUBS}", *protos],
        check=True)


# Those that take longest, such that wait beside such that compute.
FIRST = ["20", "53", "73", "74", "75", "72", "71", "22", "17", "30", "31", "48", "23", "18", "29", "36", "38", "32", "55"]


def pytest_collection_modifyitems(items):
    """The longest files first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: (FIRST + [item.path.name[:2]]).index(item.path.name[:2]))


def shared(path):
    """Real data beside the project; a test that needs it is skipped where it is absent."""
    folder = ROOT.parent / "shared" / path
    if not folder.exists():
        pytest.skip(f"{path} is not there: this test needs real data that is not part of the project")
    return folder


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Remitd:
    """A running remitd."""

    def __init__(self, installation, *arguments, host="127.0.0.1"):
        self.process = subprocess.Popen(
            [BIN / "remitd", "serve", "--database", installation.url("remitd"), "--grpc", f"{host}:0", "--metrics", "127.0.0.1:0", *installation.plugins, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.port = None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            ready = re.search(r"ready, gRPC on [\d.]+:(\d+), metrics on [\d.]+:(\d+)(?:, HTTP on [\d.]+:(\d+))?", line)
            if ready:
                self.port, self.metrics_port, self.http_port = int(ready[1]), int(ready[2]), int(ready[3] or 0)
                break
        assert self.port, f"remitd did not start: {self.lines}"
        # Read on, so that the pipe never fills.
        threading.Thread(target=lambda: self.lines.extend(line.rstrip("\n") for line in self.process.stderr), daemon=True).start()

    def channel(self):
        return grpc.insecure_channel(f"127.0.0.1:{self.port}")

    def http(self, path):
        """The status and text of /metrics, /healthz or /readyz."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self):
        """SIGTERM; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


class Hold:
    def __init__(self, url, sql):
        self.process = subprocess.Popen(["psql", "-XqAt", "-d", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(f"BEGIN; {sql}; SELECT 'held';\n")
        self.process.stdin.flush()
        while self.process.stdout.readline().strip() != "held":
            assert self.process.poll() is None

    def release(self):
        self.process.communicate("COMMIT;\n", timeout=60)


class Installation:
    """A Postgres cluster of its own with two companies, and the remitds that serve it."""

    def __init__(self, folder, *plugins):
        self.folder, self.servers = folder, []
        self.plugins = [argument for plugin in plugins for argument in ("--plugin", plugin)]
        original = prepared(*plugins)
        self.keys = dict(original.keys)
        self.dev("copy", original.folder)
        self.dev("start")

    def dev(self, command, *arguments):
        return subprocess.run(
            [ROOT / "deploy/dev-postgres", command, self.folder, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    @functools.cache
    def url(self, role="remit"):
        return self.dev("url", role)

    def run(self, program, *arguments, check=True):
        done = subprocess.run([BIN / program, *arguments], capture_output=True, text=True, timeout=120)
        if check and done.returncode:
            error = subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
            error.add_note(f"{done.stdout}{done.stderr}")
            raise error
        return done

    def remit(self, server, company, *arguments, check=True):
        """The command line, as a company or as the operator."""
        return self.run("remit", *arguments, "--address", f"127.0.0.1:{server.port}", "--key", self.keys[company], check=check)

    def psql(self, sql, role="remit", check=True):
        return subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(role), "-c", sql], check=check, capture_output=True, text=True)

    def hold(self, sql):
        """Runs SQL in a transaction that stays open, with its locks, until it is released."""
        return Hold(self.url(), sql)

    def serve(self, *arguments, **options):
        server = Remitd(self, *arguments, **options)
        self.servers.append(server)
        return server

    def key(self, company):
        """Call metadata with the key of a demo company."""
        return [("authorization", f"Bearer {self.keys[company]}")]

    def close(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()
        self.dev("remove")


class Original(Installation):
    """What every installation with the same modules begins as, made once a run and stopped; more modules than the ledger come later to the same."""

    def __init__(self, *plugins):
        self.folder, self.servers = pathlib.Path(tempfile.mkdtemp(prefix="remit-original-")), []
        atexit.register(self.close)
        self.plugins = [argument for plugin in plugins for argument in ("--plugin", plugin)]
        if plugins:
            self.keys = prepared().keys
            self.dev("copy", prepared().folder)
        self.dev("start")
        self.run("remitd", "migrate", "--database", self.url(), *self.plugins)
        if not plugins:
            self.make_companies()
        self.dev("stop")

    def make_companies(self):
        self.keys = {"operator": self.run("remitd", "init", "--database", self.url()).stdout.strip()}
        server = self.serve()
        for company in ("huaxin", "nordwind"):
            self.keys[company] = self.remit(server, "operator", "tenant", "create", "--from", ROOT / "tenants" / company).stdout.strip()
        assert server.stop() == 0


prepared = functools.cache(Original)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("installation"))
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def remitd(installation):
    return installation.serve()


@pytest.fixture(scope="module")
def nordwind(installation, remitd):
    from companies import Company  # its stubs are compiled by pytest_configure
    with remitd.channel() as channel:
        yield Company(installation, channel, "nordwind")


@pytest.fixture(scope="module")
def huaxin(installation, remitd):
    from companies import Company
    with remitd.channel() as channel:
        yield Company(installation, channel, "huaxin")


def details(error):
    """The rich details of a gRPC error, by the name of their message."""
    found = {}
    for detail in rpc_status.from_call(error).details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
            if detail.Is(kind.DESCRIPTOR):
                message = kind()
                detail.Unpack(message)
                found[kind.DESCRIPTOR.name] = message
    return found
