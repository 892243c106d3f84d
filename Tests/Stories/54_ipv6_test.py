"""As an administrator of a network with IPv6: all doors and the command line speak it."""

import json
import re
import subprocess
import urllib.request

import grpc
from conftest import BIN
from remit.platform.v1 import key_pb2, key_pb2_grpc


def test_all_doors_listen_on_an_address_of_six(installation):
    server = subprocess.Popen(
        [BIN / "remitd", "serve", "--database", installation.url("remitd"), "--grpc", "[::1]:0", "--metrics", "[::1]:0", "--http", "[::1]:0"],
        stderr=subprocess.PIPE, text=True)
    try:
        ready = re.search(r"ready, gRPC on \[::1\]:(\d+), metrics on \[::1\]:(\d+), HTTP on \[::1\]:(\d+)", server.stderr.readline())
        grpc_port, metrics_port, http_port = ready.groups()
        key = installation.key("nordwind")
        with grpc.insecure_channel(f"[::1]:{grpc_port}") as channel:
            who = key_pb2_grpc.KeyServiceStub(channel).WhoAmI(key_pb2.WhoAmIRequest(), metadata=key, timeout=60)
        assert who.tenant.slug == "nordwind"
        shown = subprocess.run(
            [BIN / "remit", "customers", "--address", f"[::1]:{grpc_port}", "--key", installation.keys["nordwind"]], capture_output=True, text=True, timeout=60)
        assert shown.returncode == 0, shown.stderr
        assert urllib.request.urlopen(f"http://[::1]:{metrics_port}/readyz", timeout=60).status == 200
        request = urllib.request.Request(
            f"http://[::1]:{http_port}/remit.platform.v1.KeyService/WhoAmI", data=b"{}", headers=dict(key) | {"content-type": "application/json"})
        assert json.load(urllib.request.urlopen(request, timeout=60))["tenant"]["slug"] == "nordwind"
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0


def test_what_is_no_address_is_said(installation):
    for address in ("::1:7460", "[::1]", "[::1]:99999", "[zz]:1"):
        done = subprocess.run(
            [BIN / "remitd", "serve", "--database", installation.url("remitd"), "--grpc", address], capture_output=True, text=True, timeout=60)
        assert done.returncode and "is an address and a port, such as" in done.stderr, (address, done.stderr)
    outside = subprocess.run(
        [BIN / "remitd", "serve", "--database", installation.url("remitd"), "--grpc", "[::]:0"], capture_output=True, text=True, timeout=60)
    assert outside.returncode != 0 and "listens on loopback only" in outside.stderr
