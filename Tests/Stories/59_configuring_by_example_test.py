"""A finance person follows docs/configure.md, or docs/configure.zh.md: its documents are written to the folder, its commands run, one after the other."""

import os
import re
import subprocess
from typing import NamedTuple

import pytest
from conftest import BIN, ROOT


class Guide(NamedTuple):
    company: str
    kinds: list      # of its documents, in order
    fails: list      # the commands that are meant to
    told: int        # how many messages of commands it quotes
    listed: str      # what the list of records has
    imported: str    # the command that takes the file
    mended: str      # the command that mends a row of it
    source: str      # the document of the source
    fragments: int   # parts of a form about invoices


GUIDES = {
    "configure.md": Guide(
        company="nordwind",
        kinds=["role", "tenant", "form", "record", "source", "rule"],
        fails=["remit post invoice --customer K-1 --number R-1 --on 2026-01-05 --amount 2000", "remit source import erp erp.csv"],
        told=1,
        listed="V-",
        imported="remit source import erp erp.csv",
        mended="remit source fix 1 4 Customer=K-1",
        source="source.erp.yaml",
        fragments=2),
    "configure.zh.md": Guide(
        company="huaxin",
        kinds=["role", "tenant", "form", "form", "record", "source", "rule"],
        fails=["remit post invoice --customer KH00001 --number 25322000000000000001 --on 2026-01-05 --amount 600000 --tax 69026.55",
               "remit source import jinshui kaipiao.csv"],
        told=2,
        listed="HT-",
        imported="remit source import jinshui kaipiao.csv",
        mended="remit source fix 1 4 购方名称=KH00001",
        source="source.jinshui.yaml",
        fragments=3),
}


@pytest.mark.parametrize("name", GUIDES)
def test_every_document_and_command_of_the_guide(installation, remitd, tmp_path, name):
    guide = GUIDES[name]
    environment = os.environ | {
        "REMIT_ADDRESS": f"127.0.0.1:{remitd.port}", "REMIT_KEY": installation.keys[guide.company], "PATH": f"{BIN}:{os.environ['PATH']}"}

    def run(*command):
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)

    blocks = re.findall(r"```(sh|yaml|)\n(.*?)```", (ROOT / "docs" / name).read_text(), re.S)
    folder, told, quoted, ran, written = tmp_path / "my-company", "", 0, [], []
    for language, text in blocks:
        if language == "yaml" and "kind:" in text:
            kind, of = re.search("(?m)^kind: (.*)", text)[1], re.search("(?m)^name: (.*)", text)[1]
            (folder / ("tenant.yaml" if kind == "tenant" else f"{kind}.{of}.yaml")).write_text(text)
            written.append(kind)
        elif language == "sh":
            for command in text.splitlines():
                done = run("bash", "-c", command)
                ran.append((command, done.returncode, done.stdout))
                told = done.stderr
        elif text.startswith(("remit: ", "note: ")):
            assert told == text
            quoted += 1
    assert [command for command, code, _ in ran if code] == guide.fails
    assert len(ran) > 8 and written == guide.kinds and quoted == guide.told
    valid = run("remit", "config", "validate", "my-company")
    assert "nothing is wrong with them" in valid.stdout, valid.stderr
    out = {command: text for command, _, text in ran}
    assert guide.listed in next(text for command, text in out.items() if command.startswith("remit record list"))
    assert "3 rows, 2 taken, 0 known already, 1 to review" in out[guide.imported]
    assert "taken" in out[guide.mended]
    (folder / guide.source).unlink()
    fragments = [text for language, text in blocks if language == "yaml" and text.startswith("with:")]
    assert len(fragments) == guide.fragments
    for fragment in fragments:
        form = "kind: form\nname: invoice\nmethod: remit.ledger.v1.LedgerService/PostInvoice\nat: invoice\n" + fragment
        (folder / "form.invoice.yaml").write_text(form)
        planned = run("remit", "config", "plan", "my-company")
        assert planned.returncode == 0, planned.stderr
