"""A backup is taken while companies work, and restored into another cluster; the units for systemd are sound."""

import os
import pathlib
import re
import shutil
import subprocess
import threading
import urllib.parse

import pytest
from certificates import Authority
from companies import Company, books_agree
from conftest import BIN, ROOT, Installation, free_port


def deploy(program, *arguments):
    return subprocess.run([ROOT / "deploy" / program, *map(str, arguments)], capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A cluster with an empty database."""
    other = object.__new__(Installation)
    other.folder, other.plugins, other.servers, other.keys = tmp_path_factory.mktemp("elsewhere"), [], [], {}
    other.dev("start")
    yield other
    other.close()


def counts(installation):
    """Rows of every table of Remit."""
    tables = installation.psql("""
        SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('host', 'ledger')""").stdout.split()
    rows = installation.psql(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables if table != "host.job")).stdout.split()
    return {table: int(number) for table, number in (row.split("|") for row in rows)}


def test_a_backup_taken_while_companies_work_is_restored_whole(installation, remitd, nordwind, elsewhere, tmp_path):
    customer = nordwind.customer("B-1")
    for number in range(20):
        nordwind.invoice(customer, f"B-{number}", "10")
    stop = threading.Event()
    posted = []

    def work():
        while not stop.is_set():
            posted.append(nordwind.invoice(customer, f"W-{len(posted)}", "1"))

    worker = threading.Thread(target=work)
    worker.start()
    made = deploy("backup", installation.url(), tmp_path / "dumps")
    stop.set()
    worker.join()
    assert made.returncode == 0, made.stderr
    dump = made.stdout.strip()
    assert os.stat(dump).st_mode & 0o077 == 0 and posted

    restored = deploy("restore", elsewhere.url(), dump, BIN)
    assert restored.returncode == 0, restored.stderr
    elsewhere.keys = installation.keys
    server = elsewhere.serve()
    with server.channel() as channel:
        company = Company(elsewhere, channel, "nordwind")
        numbers = {item.number for item in company.items(customer_id=customer)}
        assert numbers >= {f"B-{number}" for number in range(20)}
        # As at one instant: a beginning of what was posted meanwhile, and nothing half.
        assert {n for n in numbers if n.startswith("W-")} == {f"W-{n}" for n in range(sum(n.startswith("W-") for n in numbers))}
        books_agree(elsewhere, 2)
        # It goes on from there.
        company.invoice(customer, "B-after", "10")
        audit = elsewhere.remit(server, "nordwind", "audit", "list").stdout
        assert "PostInvoice" in audit
    assert server.stop() == 0
    assert counts(elsewhere).keys() == counts(installation).keys()
    assert elsewhere.run("remitd", "migrate", "--database", elsewhere.url()).returncode == 0

    again = deploy("restore", elsewhere.url(), dump, BIN)
    assert again.returncode == 1 and "not empty" in again.stderr


def test_old_backups_go_and_bad_ones_are_refused(installation, elsewhere, tmp_path):
    folder = tmp_path / "dumps"
    folder.mkdir()
    for day in range(1, 5):
        (folder / f"remit-2020010{day}T000000Z.dump").touch()
    made = deploy("backup", installation.url(), folder, 2)
    assert made.returncode == 0 and len(list(folder.iterdir())) == 2
    # Another database is none of Remit's; a role that row-level security binds gets no dump.
    for url, why in [(installation.url().replace("/remit?", "/postgres?"), "is this Remit's database?"), (installation.url("remitd"), "permission denied")]:
        refused = deploy("backup", url, folder)
        assert refused.returncode != 0 and why in refused.stderr, refused.stderr
    assert len(list(folder.iterdir())) == 2
    damaged = tmp_path / "damaged.dump"
    whole = open(made.stdout.strip(), "rb").read()
    damaged.write_bytes(whole[: len(whole) // 2])
    elsewhere.psql("DROP SCHEMA IF EXISTS ledger, host CASCADE")
    assert deploy("restore", elsewhere.url(), damaged, BIN).returncode != 0
    assert elsewhere.psql("SELECT count(*) FROM pg_namespace WHERE nspname IN ('host', 'ledger')").stdout.strip() == "0", "nothing half"


def test_units_for_systemd_are_sound(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for unit in [path for path in (ROOT / "deploy/systemd").iterdir() if path.suffix != ".env"]:
        text = re.sub(r"/usr/share/remit/deploy|/usr/bin(?=/remitd)", lambda found: str(ROOT / "deploy" if "deploy" in found[0] else BIN), unit.read_text())
        (tmp_path / unit.name).write_text(text)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())], capture_output=True, text=True)
    assert verified.returncode == 0 and not verified.stderr, verified.stderr
    exposed = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", tmp_path / "remitd.service"], capture_output=True, text=True)
    assert exposed.returncode == 0, exposed.stdout[-2000:]


def test_a_database_elsewhere_over_tls_with_a_password(tmp_path, monkeypatch):
    """As deploy/systemd/remitd.env and deploy/postgres say: scram, and a certificate that is checked."""
    installation = Installation(tmp_path)
    installation.psql("ALTER ROLE remitd PASSWORD 'correct horse'")
    home = pathlib.Path(urllib.parse.unquote(re.search("host=([^&]+)", installation.url())[1]))
    data, port = home / "data", free_port()
    authority = Authority(tmp_path, "authority")
    for file, name in zip(authority.issue("db", host="DNS:localhost"), ("server.crt", "server.key")):
        shutil.copy(file, data / name)
        shutil.chown(data / name, data.owner(), data.group())
        (data / name).chmod(0o600)
    for name in ("remit.conf", "pg_hba.conf"):
        with (data / name).open("a") as file:
            file.write((ROOT / "deploy/postgres" / name).read_text())
    (data / "remit.conf").chmod(0o644)
    with (data / "postgresql.conf").open("a") as file:
        file.write("include 'remit.conf'\n")
    installation.dev("stop")
    postgres = [*(["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []), pg_ctl(), "-D", data, "-w"]
    subprocess.run([*postgres, "-l", home / "tcp.log", "-o", f"-c listen_addresses=localhost -c port={port} -c unix_socket_directories={home}", "start"],
                   check=True, cwd="/", stdout=subprocess.DEVNULL)
    try:
        environment = dict(line.split("=", 1) for line in (ROOT / "deploy/systemd/remitd.env").read_text().splitlines() if not line.startswith("#"))
        (tmp_path / "pgpass").write_text(f"localhost:{port}:remit:remitd:correct horse\n")
        (tmp_path / "pgpass").chmod(0o600)
        url = environment["REMIT_DATABASE"].replace("db.example:5432", f"localhost:{port}")
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
        monkeypatch.setenv("PGSSLROOTCERT", str(tmp_path / "authority.pem"))
        server = installation.serve("--database", url)
        with server.channel() as channel:
            company = Company(installation, channel, "nordwind")
            company.invoice(company.customer("TLS-1"), "TLS-1", "10")
        encrypted = subprocess.run(
            ["psql", "-XqAt", "-d", url, "-c", "SELECT bool_and(ssl), count(*) > 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'remitd'"],
            check=True, capture_output=True, text=True).stdout.strip()
        assert encrypted == "t|t"
        assert server.stop() == 0
        # Neither another authority's certificate, nor a wrong password, nor a connection in the clear.
        Authority(tmp_path, "another")
        refused = lambda url: installation.run("remitd", "serve", "--database", url, "--grpc", "127.0.0.1:0", "--metrics", "127.0.0.1:0", check=False)
        assert "pg_hba.conf rejects" in refused(url.replace("verify-full", "disable")).stderr
        (tmp_path / "pgpass").write_text(f"localhost:{port}:remit:remitd:wrong\n")
        assert "password authentication failed" in refused(url).stderr
        monkeypatch.setenv("PGSSLROOTCERT", str(tmp_path / "another.pem"))
        assert "certificate verify failed" in refused(url).stderr
    finally:
        subprocess.run([*postgres, "-m", "immediate", "stop"], check=True, cwd="/", stdout=subprocess.DEVNULL)
        installation.close()


def pg_ctl():
    return sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
