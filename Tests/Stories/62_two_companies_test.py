"""Two companies that differ: what huaxin and nordwind have told Remit by their documents in tenants/ is at work, each in its own words."""

import datetime
import json

import openpyxl
import pytest
from companies import Company, day


@pytest.fixture(scope="module")
def remit(installation, remitd):
    return lambda company, *words, check=True: installation.remit(remitd, company, *words, check=check)


@pytest.fixture(scope="module")
def huaxin(installation, remitd):
    with remitd.channel() as channel:
        company = Company(installation, channel, "huaxin")
        company.customer("KH-1")
        yield company


def test_huaxin_takes_its_contracts_and_the_tax_offices_list(remit, huaxin, tmp_path):
    (tmp_path / "合同.csv").write_bytes(
        "合同编号,客户编号,项目名称,合同金额,签订日期,到期日期,客户等级\n"
        "HT-2026-0007,ＫＨ-1,智能  仓储,\"￥2,000,000.00\",2026年1月5日,2027/1/4,B\n,KH-1,维保,80000,2026-02-01,2026-01-01,A\n,KH-9,维保,80000,2026-02-01,2027-01-01,A\n".encode("gb18030"))
    told = remit("huaxin", "source", "import", "contract_list", str(tmp_path / "合同.csv"), check=False)
    assert told.returncode == 65 and "3 rows, 1 taken, 0 known already, 2 to review" in told.stdout
    review = remit("huaxin", "source", "review", "1").stdout
    assert "到期日期早于签订日期" in review and "没有这个客户" in review
    shown = remit("huaxin", "record", "show", "sales_contract", "HT-2026-0007").stdout
    assert "智能 仓储" in shown and "2000000.00 CNY" in shown and "KH-1" in shown and " 45" in shown
    book = openpyxl.Workbook()
    book.active.append(["序号", "数电发票号码", "购方名称", "开票日期", "金额", "税额", "价税合计"])
    book.active.append([1, "26112000000000000001", "Customer KH-1", datetime.datetime.fromisoformat(day(-9)), 1000, 130, 1130])
    book.active.append([2, "26112000000000000002", "Customer KH1", datetime.datetime.fromisoformat(day(-8)), 1000, 130, 1130])
    book.save(tmp_path / "清单.xlsx")
    told = remit("huaxin", "source", "import", "tax_export", str(tmp_path / "清单.xlsx"), check=False).stdout
    assert "2 rows, 1 taken, 0 known already, 1 to review" in told
    assert "购方名称" in remit("huaxin", "source", "review", "2").stdout
    assert "taken" in remit("huaxin", "source", "fix", "2", "3", "购方名称=KH-1").stdout
    assert "1,130.00" in remit("huaxin", "items", "--customer", "KH-1").stdout


def test_huaxin_follows_up_what_customers_object_to(remit, huaxin):
    refused = remit("huaxin", "record", "create", "complaint_case", "--own", "reason=其他", check=False)
    assert refused.returncode == 1 and "必须填写：说明" in refused.stderr
    made = remit("huaxin", "record", "create", "complaint_case", "--own", "reason=价格争议", "--own", "contract=HT-2026-0007").stdout
    assert "complaint_case YY-" in made
    assert "没有 销售合同 HT-1" in remit(
        "huaxin", "record", "create", "complaint_case", "--own", "reason=价格争议", "--own", "contract=HT-1", check=False).stderr


def test_nordwind_takes_customers_and_the_nightly_file(remit, nordwind, tmp_path):
    (tmp_path / "accounts.csv").write_text("Account No;Account Name;Segment\nTC-1;Tischlerei Clemens;key\nTC-2;Töpferei;vip\n")
    told = remit("nordwind", "source", "import", "crm_customers", str(tmp_path / "accounts.csv"), check=False)
    assert "2 rows, 1 taken, 0 known already, 1 to review" in told.stdout
    assert "Tischlerei Clemens" in remit("nordwind", "customers", "show", "TC-1").stdout
    (tmp_path / "night.json").write_text(json.dumps({"run": 7, "invoices": [
        {"number": "TC-R-1", "id": "b-1", "customer": {"number": "TC-1"}, "gross": 1190.5, "currency": "EUR", "date": day(-2), "due": due, "share": share}
        for due, share in [(day(10), 40), (day(40), 60)]]}))
    assert "2 rows, 2 taken" in remit("nordwind", "source", "import", "billing", str(tmp_path / "night.json")).stdout
    items = remit("nordwind", "items", "--customer", "TC-1").stdout
    assert items.count("TC-R-1") == 2 and "476.20" in items and "714.30" in items


def test_nordwind_keeps_its_agreements_in_its_own_way(remit, nordwind):
    made = remit("nordwind", "record", "create", "service_agreement", "--own", "customer=TC-1", "--own", "yearly_limit=12000 EUR", "--own", f"starts_on={day(0)}")
    assert "service_agreement SA-0001 is kept" in made.stdout
    assert "Währung der Firma" in remit("nordwind", "record", "create", "service_agreement", "--own", "customer=TC-1", "--own", "yearly_limit=12000 USD", "--own",
                                         f"starts_on={day(0)}", check=False).stderr
    assert "no kind of record sales_contract" in remit("nordwind", "record", "list", "sales_contract", check=False).stderr
