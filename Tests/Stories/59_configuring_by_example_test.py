"""A finance person follows docs/configure.md: its documents are written to the folder, its commands run, one after the other."""

import os
import re
import subprocess

from conftest import BIN, ROOT


def test_every_document_and_command_of_the_guide(installation, remitd, tmp_path):
    environment = os.environ | {
        "REMIT_ADDRESS": f"127.0.0.1:{remitd.port}", "REMIT_KEY": installation.keys["nordwind"], "PATH": f"{BIN}:{os.environ['PATH']}"}
    blocks = re.findall(r"```(sh|yaml|)\n(.*?)```", (ROOT / "docs/configure.md").read_text(), re.S)
    folder, told, ran, written = tmp_path / "my-company", "", [], []
    for language, text in blocks:
        if language == "yaml" and "kind:" in text:
            kind, name = re.search("(?m)^kind: (.*)", text)[1], re.search("(?m)^name: (.*)", text)[1]
            (folder / ("tenant.yaml" if kind == "tenant" else f"{kind}.{name}.yaml")).write_text(text)
            written.append(kind)
        elif language == "sh":
            for command in text.splitlines():
                done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
                ran.append((command, done.returncode, done.stdout))
                told = done.stderr
        elif text.startswith("remit: "):
            assert told == text
    assert [command for command, code, _ in ran if code] == [
        "remit post invoice --customer K-1 --number R-1 --on 2026-01-05 --amount 2000", "remit source import erp erp.csv"]
    assert len(ran) > 8 and {"role", "form", "record", "rule", "source", "tenant"} == set(written)
    valid = subprocess.run(["remit", "config", "validate", "my-company"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert "nothing is wrong with them" in valid.stdout, valid.stderr
    out = {command: text for command, _, text in ran}
    assert "V-" in next(text for command, text in out.items() if command.startswith("remit record list"))
    assert "3 rows, 2 taken, 0 known already, 1 to review" in out["remit source import erp erp.csv"]
    assert "taken" in out["remit source fix 1 4 Customer=K-1"]
    (folder / "source.erp.yaml").unlink()
    fragments = [text for language, text in blocks if language == "yaml" and text.startswith("with:")]
    assert len(fragments) == 2
    for fragment in fragments:
        form = "kind: form\nname: invoice\nmethod: remit.ledger.v1.LedgerService/PostInvoice\nat: invoice\n" + fragment
        (folder / "form.invoice.yaml").write_text(form)
        planned = subprocess.run(["remit", "config", "plan", "my-company"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert planned.returncode == 0, planned.stderr
