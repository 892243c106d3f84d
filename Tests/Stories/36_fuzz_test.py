"""Whatever a client sends, remitd answers with a client's error, lives on, and its books agree: Tests/Fuzz says so for some seconds (FUZZ_SECONDS)."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT


@pytest.mark.timeout(400)
def test_no_request_is_the_servers_fault_and_none_ends_it(tmp_path):
    fuzz = subprocess.run(
        [sys.executable, ROOT / "Tests/Fuzz/fuzz.py", "--seconds", os.environ.get("FUZZ_SECONDS", "15"), "--out", tmp_path],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    print(fuzz.stdout.rstrip().rsplit("\n", 1)[-1])
    assert fuzz.returncode == 0, fuzz.stdout
