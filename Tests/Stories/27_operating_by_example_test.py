"""An administrator follows docs/operate.md: every `sh` command of it runs, one after the other."""

import os
import re
import subprocess

from conftest import BIN, ROOT


def test_every_command_runs(installation, remitd, tmp_path):
    (tmp_path / "tenants").symlink_to(ROOT / "tenants")
    environment = os.environ | {
        "REMIT_ADDRESS": f"127.0.0.1:{remitd.port}", "REMIT_KEY": installation.keys["operator"], "PATH": f"{BIN}:{os.environ['PATH']}"}
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/operate.md").read_text(), re.S)
    printed = {}
    for command in "".join(blocks).splitlines():
        if command.startswith("remit tenant delete"):
            installation.psql("UPDATE host.call SET called_at = called_at - interval '1 min' WHERE method LIKE '%/SuspendTenant'")  # story 23 waits for it
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        printed[command.split("#")[0].strip()] = done.stdout
    assert "acme" in printed["remit tenant list"] and "GBP" in printed["remit tenant show acme"]
    assert "ledger.account" in printed["remit tenant delete acme"] and "rows of acme" in printed["remit tenant import acme.jsonl"]
    assert printed["remit key create olga --role owner --tenant acme"].startswith("remit_")
    assert "carl" in printed["remit key list --tenant nordwind"]
