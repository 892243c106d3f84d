import RemitSDK

/// A field that a file's column can fill: its name in the API, and what people call the column.
struct ImportField {
  let name: String
  /// English, German, Chinese; compared without case, blanks and signs.
  let headers: [String]
  /// Headers that may mean something else: they count where none of the others is there, for a column that no field before has.
  let otherHeaders: [String]
  private(set) var isRequired: Bool
  /// It need not be there where all of one of these are.
  let orElse: [[String]]
  /// The field whose cell it is where it is filled: of two columns for one, each filled in some rows.
  let standsFor: String?
  /// Whether all columns that it may be are read: what one of them says of a row counts.
  let isInAll: Bool

  init(
    _ name: String, _ headers: String, or otherHeaders: String = "", isRequired: Bool = false, orElse: [[String]] = [],
    standsFor: String? = nil, isInAll: Bool = false
  ) {
    func keys(_ list: String) -> [String] { list.split(separator: ",").map { Self.key(String($0)) } }
    self.name = name
    self.otherHeaders = keys(otherHeaders)
    let own = Self.key(name)
    self.headers = keys(headers) + (self.otherHeaders.contains(own) ? [] : [own])
    self.isRequired = isRequired
    self.orElse = orElse
    self.standsFor = standsFor
    self.isInAll = isInAll
  }

  var optional: ImportField {
    var field = self
    field.isRequired = false
    return field
  }

  static let dates: Set = ["issued_on", "due_on", "received_on", "posted_on"]

  /// What is compared of a header: its letters and digits.
  static func key(_ header: String) -> String {
    let scalars = CellText.plain(header).plain.lowercased().unicodeScalars
    let kept = scalars.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil }
    return String(String.UnicodeScalarView(kept))
  }

  private static let customerNumber = """
    customer number,customer no,customer nr,customer id,customer code,customer account,cust no,cust id,cust number,cust,account number,\
    account no,account id,\
    acct no,acct,client number,client no,client id,client code,debtor number,debtor no,debtor id,sold-to party,bill-to customer no,\
    Kundennummer,Kunden-Nr,Kundennr,Kd.-Nr.,KdNr,Kundenkonto,Debitorennummer,Debitorennr,Debitoren-Nr,Debitornr,Debitorenkonto,\
    客户编号,客户编码,客户代码,客户代号,客户号,客商编码,往来单位编码,往来单位编号,购货单位编码,购货单位代码
    """
  private static let customer = "customer,client,debtor,account,Kunde,Debitor,客户,客商,往来单位"
  private static let customerName = """
    customer name,client name,debtor name,account name,contact name,bill-to name,company name,Kundenname,Name des Kunden,Debitorenname,\
    客户名称,客户全称,客户单位,单位名称,公司名称,往来单位名称,购买方名称,购方名称,购买方,购货单位,购货单位名称,客商名称
    """
  private static let customerTaxID = """
    VAT ID,VAT number,VAT no,VAT registration number,customer VAT ID,tax ID,tax number,tax no,USt-IdNr,USt-ID,UStID,USt-Id-Nr,\
    Umsatzsteuer-ID,\
    税号,客户税号,纳税人识别号,统一社会信用代码,信用代码,购买方纳税人识别号,购买方税号,购方税号,购方识别号,购买方识别号,购方纳税人识别号,\
    购买方统一社会信用代码,购买方统一社会信用代码/纳税人识别号,统一社会信用代码/纳税人识别号,unified social credit code
    """
  private static let currency = ImportField("currency", "currency code,curr,Währung,Waehrung,WKZ,币种,币别,货币")
  private static let rate = ImportField("exchange_rate", "rate,Kurs,Wechselkurs,汇率")
  /// Which way an amount is, where that is not its sign.
  private static let direction = ImportField(
    "direction",
    """
    S/H,Soll/Haben,Soll/Haben-Kennzeichen,SH-Kennzeichen,D/C,DC,Dr/Cr,Debit/Credit,debit credit indicator,DC indicator,credit debit indicator,\
    方向,借贷方向,借贷,借/贷,借贷标志,借贷标识,余额方向,收支方向,收支类型,收支标志,收支标识,收/支,收/付,收付标志,收付类型,收付方向,交易方向,资金流向,借贷类型,借贷别,DC标志,记账方向,科目方向,往来账标志,\
    收入/支出,S/H-Kennz.,SH-Kz,S/H-Kz,Soll-/Haben-Kz,Soll/Haben-Kennz.,Haben/Soll,H/S,Debit/Credit Ind.,Debit/Credit Indicator,Cr/Dr,Umsatztyp,\
    Vorzeichen,Balance Impact,direction
    """)
  private static let status = ImportField(
    "status",
    """
    invoice status,document status,payment status,transaction status,Belegstatus,Rechnungsstatus,发票状态,单据状态,状态,审核状态,审批状态,交易状态,支付状态,付款状态,处理状态,处理结果,交易结果,凭证状态,业务状态,开票状态,数据状态,\
    作废状态,approval status,payment state,Zahlungsstatus
    """, isInAll: true)
  private static let documentType = ImportField(
    "document_type",
    """
    doc type,type,typ,transaction type,transaction kind,txn type,invoice type,voucher type,Belegart,Belegtyp,Dokumentart,Dokumenttyp,\
    Vorgangsart,Rechnungsart,Rechnungstyp,Art,单据类型,票据类型,交易类型,发票类型,业务类型,类型,发票票种,发票种类,开票类型
    """, isInAll: true)
  /// A red invoice is none.
  private static let isPositive = ImportField("is_positive", "是否正数发票,正数发票", isInAll: true)
  private static let isNegative = ImportField("is_negative", "红蓝字,红蓝标志,是否红字,红字标志", isInAll: true)
  private static let isVoid = ImportField(
    "is_void", "作废标志,是否作废,voided,is void,cancelled,canceled,reversed,reversed with,Stornobeleg,storniert,Storno", isInAll: true)
  private static let isChecked = ImportField("is_approved", "是否审核", isInAll: true)
  /// Whatever its kind, a row says by these what it is.
  private static let meanings = [direction, status, documentType, isPositive, isNegative, isVoid, isChecked]
  private static let terms = ImportField(
    "terms", "payment terms,payment term,Zahlungsziel,Zahlungsziel Tage,Zahlungsbedingung,Zahlungsbedingungen,账期,信用期,付款条件,收款条件,账期(天)")
  private static let externalID = ImportField("external_id", "source id,外部编号")
  private static let invoiceNumber = """
    invoice number,invoice no,invoice nr,invoice id,invoice,inv no,inv number,inv #,invoice ref,Rechnungsnummer,Rechnungs-Nr,\
    Rechnungsnr,Rechnung,Rg-Nr,\
    Rg-Nummer,Re-Nr,Re-Nummer
    """
  private static let chineseInvoiceNumber = "发票号,发票号码,发票编号"
  private static let digitalNumber = "数电发票号码,全电发票号码,数电票号码"
  private static let invoiceCode = ImportField("invoice_code", "发票代码")

  static let customers = [
    ImportField("number", customerNumber, or: customer + ",no,Nummer,编号,代码", isRequired: true),
    ImportField(
      "name",
      "customer name,company,company name,client name,Kundenname,Firma,名称,客户名称,客户全称,单位名称,公司名称,往来单位名称,购买方名称",
      or: "客户,Kunde,客商,往来单位", isRequired: true),
    ImportField("name_zh", "Chinese name,中文名称"),
    ImportField("name_en", "English name,英文名称"),
    ImportField("short_name", "short name,Kurzname,Kurzbezeichnung,简称,客户简称"),
    ImportField("uscc", "unified social credit code,统一社会信用代码,信用代码,税号,纳税人识别号"),
    ImportField("eu_vat", "VAT number,VAT no,VAT ID,USt-IdNr,USt-ID,UStID,Umsatzsteuer-ID"),
    ImportField("iban", "bank account"),
  ]

  static let invoices =
    [
      ImportField("customer", customerNumber, or: customer, isRequired: true, orElse: [["customer_name"], ["customer_tax_id"]]),
      ImportField(
        "number", invoiceNumber + "," + chineseInvoiceNumber,
        or: "document number,document no,doc no,doc number,bill no,bill number,Belegnummer,Belegnr,Beleg-Nr,票据号,票据号码,单据编号,单据号,单号",
        isRequired: true),
      ImportField("digital_number", digitalNumber, standsFor: "number"), invoiceCode,
      ImportField("tax", "tax amount,vat,vat amount,Steuer,Steuerbetrag,MwSt,MwSt-Betrag,USt,USt-Betrag,Mehrwertsteuer,Umsatzsteuer,税额"),
      ImportField(
        "amount",
        """
        invoice amount,inv amount,gross amount,gross,gross total,total,total amount,grand total,invoice total,amount incl tax,\
        amount incl vat,\
        total incl vat,Bruttobetrag,Brutto,Rechnungsbetrag,Endbetrag,Gesamtbetrag,Gesamt,Rechnungssumme,\
        发票金额,价税合计,价税合计(含税),含税金额,金额(含税),总金额,开票金额
        """, or: "amount,Betrag,金额", isRequired: true, orElse: [["net", "tax"]]),
      ImportField(
        "net",
        """
        net amount,amount net,net total,subtotal,amount excl tax,amount excl vat,Nettobetrag,Netto,Nettosumme,不含税金额,金额(不含税),未税金额,不含税价
        """, or: bareAmount),
      currency,
      ImportField(
        "issued_on",
        """
        invoice date,inv date,issue date,issued,bill date,date of invoice,Rechnungsdatum,Rg-Datum,Re-Datum,Rechnungsdat,\
        开票日期,开票时间,发票日期
        """, or: "date,document date,doc date,Belegdatum,Datum,单据日期,日期", isRequired: true),
      ImportField(
        "due_on",
        """
        due date,due,due on,net due date,payment due,payment due date,Fälligkeit,Fällig am,Fällig,Fälligkeitsdatum,Faelligkeit,Faellig am,\
        Zahlbar bis,\
        Zahlungsziel am,到期日,到期日期,付款到期日,应收日期,付款期限,收款到期日,应付日期
        """, isRequired: true, orElse: [["terms"]]),
      terms, postedOn, rate, externalID,
      ImportField("customer_tax_id", customerTaxID),
      ImportField("customer_name", customerName, or: customer + ",name,company,Firma,名称"),
    ] + meanings

  private static let issuedOn = "issue date,issued,posted,Belegdatum,Datum,开票日期,单据日期,日期"
  private static let postedOn = ImportField("posted_on", "posting date,booking date,Buchungsdatum,记账日期,入账日期")
  private static let note = ImportField("reason", "note,comment,remark,Grund,Bemerkung,原因,备注,摘要")

  static let creditNotes =
    [
      ImportField(
        "customer", customerNumber, or: customer, isRequired: true, orElse: [["customer_name"], ["customer_tax_id"], ["invoice"]]),
      ImportField(
        "number",
        """
        credit note number,credit note no,credit note,credit memo number,credit memo no,credit memo,credit no,\
        Gutschriftsnummer,Gutschrift-Nr,Gutschriftnr,Gutschrift,红字发票号码,红字发票号,红票号码,贷项通知单号
        """,
        or: "document number,document no,doc no,number,Belegnummer,Belegnr,Beleg-Nr,单据编号,单据号,单号,"
          + chineseInvoiceNumber, isRequired: true),
      ImportField("digital_number", digitalNumber, standsFor: "number"), invoiceCode,
      ImportField(
        "invoice",
        invoiceNumber
          + ",original invoice,corrected invoice,Ursprungsrechnung,zu Rechnung,原发票号码,原发票号,蓝字发票号码,蓝字发票号,对应蓝字发票号码,对应蓝字发票号,被红冲蓝字发票号码,被红冲蓝字数电发票号码,对应发票",
        or: chineseInvoiceNumber),
      ImportField("tax", "tax amount,vat,vat amount,Steuer,Steuerbetrag,MwSt,MwSt-Betrag,USt,USt-Betrag,税额"),
      ImportField(
        "amount", "credit amount,gross amount,gross,total,total amount,amount incl tax,Bruttobetrag,Brutto,Gutschriftsbetrag,价税合计,含税金额",
        or: "amount,Betrag,金额", isRequired: true, orElse: [["net", "tax"]]),
      ImportField("net", "net amount,net total,amount excl tax,Nettobetrag,Netto,不含税金额,未税金额", or: bareAmount),
      currency,
      ImportField(
        "issued_on", "credit note date,credit date,Gutschriftsdatum," + issuedOn,
        or: "date,document date,doc date,invoice date,inv date,Rechnungsdatum,Re-Datum", isRequired: true),
      postedOn, note, rate, externalID,
      ImportField("customer_tax_id", customerTaxID),
      ImportField("customer_name", customerName, or: customer + ",name,company,Firma,名称"),
    ] + meanings

  static let openItems =
    [
      ImportField("customer", customerNumber, or: customer, isRequired: true, orElse: [["customer_name"], ["customer_tax_id"]]),
      ImportField(
        "number", invoiceNumber + "," + chineseInvoiceNumber,
        or: "document number,document no,doc no,number,reference,Belegnummer,Belegnr,Beleg-Nr,单据编号,单据号,单号", isRequired: true),
      ImportField("digital_number", digitalNumber, standsFor: "number"), invoiceCode,
      ImportField(
        "amount",
        """
        open amount,open,open balance,amount open,invoice amount due,remaining amount,remaining balance,outstanding,outstanding amount,amount outstanding,balance,balance due,amount due,remaining,\
        offen,offener Betrag,Saldo,Restbetrag,noch offen,offener Saldo,OP-Betrag,未收金额,未收款金额,应收余额,未核销余额,未收余额,未收款,余额,未核销金额,未清金额,欠款,欠款金额
        """, or: "amount,invoice amount,total,gross,Betrag,金额", isRequired: true),
      currency,
      ImportField(
        "issued_on", "invoice date,inv date,Rechnungsdatum," + issuedOn, or: "date,document date,doc date", isRequired: true),
      ImportField("due_on", "due date,due,due on,net due date,Fälligkeit,Fällig am,Fällig,Fälligkeitsdatum,到期日,到期日期,应收日期"),
      postedOn, note, rate, externalID,
      ImportField("customer_tax_id", customerTaxID),
      ImportField("customer_name", customerName, or: customer + ",name,company,Firma,名称"),
    ] + meanings

  /// On Chinese invoices the amount without tax, beside 税额 and 价税合计; elsewhere an amount.
  static let bareAmount = "金额"

  static let receipts =
    [
      ImportField(
        "customer", customerNumber, or: customer, isRequired: true, orElse: [["customer_name"], ["customer_tax_id"], ["invoice"]]),
      ImportField(
        "number",
        """
        receipt number,receipt no,receipt id,payment number,payment no,payment id,bank reference,bank ref,transaction id,\
        transaction number,transaction no,\
        Zahlungsnummer,Zahlungs-Nr,Transaktions-ID,Transaktionsnummer,Bankreferenz,收款单号,收款编号,交易流水号,流水号,银行流水号
        """),
      ImportField(
        "amount",
        "receipt amount,payment amount,amount paid,paid amount,amount received,Zahlungsbetrag,收款金额,到账金额,贷方金额,收入金额,收入,交易金额",
        or: "amount,credit,Betrag,金额", isRequired: true),
      currency,
      ImportField(
        "received_on",
        """
        received,received on,receipt date,payment date,paid on,date paid,date received,settled date,settlement date,value date,\
        Zahlungsdatum,Zahlungseingang,Eingangsdatum,Buchungsdatum,Wertstellung,Buchungstag,transaction date,收款日期,到账日期,交易日期,交易时间,入账日期
        """, or: "date,Datum,日期,记账日期", isRequired: true),
      ImportField("invoice", invoiceNumber + "," + chineseInvoiceNumber + ",对应发票,invoices"),
      ImportField("digital_number", digitalNumber, standsFor: "invoice"),
      rate, externalID,
      ImportField("customer_tax_id", customerTaxID),
      ImportField(
        "customer_name",
        customerName
          + ",payer,payer name,付款方,付款方名称,付款单位,付款人,付款人名称,对方户名,对方名称,对方单位名称,Auftraggeber,Zahler,Zahlungspflichtiger,Begünstigter/Zahlungspflichtiger,Beguenstigter/Zahlungspflichtiger,Name Zahlungsbeteiligter,Auftraggeber/Empfänger",
        or: customer + ",name,company,Firma,名称,户名"),
    ] + meanings
}
