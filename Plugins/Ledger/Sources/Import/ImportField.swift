/// A field that a file's column can fill: its name in the API, and what people call the column.
struct ImportField {
  let name: String
  /// English, German, Chinese; compared without case, blanks and signs.
  let headers: [String]
  let isRequired: Bool

  init(_ name: String, _ headers: String, isRequired: Bool = false) {
    self.name = name
    self.headers = headers.split(separator: ",").map { Self.key(String($0)) } + [Self.key(name)]
    self.isRequired = isRequired
  }

  /// What is compared of a header: its letters and digits.
  static func key(_ header: String) -> String {
    String(CellText.plain(header).lowercased().filter { $0.isLetter || $0.isNumber })
  }

  private static let customerHeaders = """
    customer number,customer no,customer id,customer,account number,Kundennummer,Kunden-Nr,Kunde,Debitor,Debitorennummer,\
    客户编号,客户编码,客户代码,客户号,客户
    """

  static let customers = [
    ImportField("number", customerHeaders + ",no,Nummer,编号,代码", isRequired: true),
    ImportField("name", "customer name,company,company name,Kundenname,Firma,名称,客户名称,客户全称,单位名称,公司名称", isRequired: true),
    ImportField("name_zh", "Chinese name,中文名称"),
    ImportField("name_en", "English name,英文名称"),
    ImportField("short_name", "short name,Kurzname,Kurzbezeichnung,简称,客户简称"),
    ImportField("uscc", "unified social credit code,统一社会信用代码,信用代码,税号,纳税人识别号"),
    ImportField("eu_vat", "VAT number,VAT no,VAT ID,USt-IdNr,USt-ID,UStID,Umsatzsteuer-ID"),
    ImportField("iban", "bank account"),
  ]

  static let invoices = [
    ImportField("customer", customerHeaders, isRequired: true),
    ImportField(
      "number",
      """
      invoice number,invoice no,invoice id,invoice,document number,Rechnungsnummer,Rechnungs-Nr,Rechnung,Belegnummer,Beleg-Nr,\
      发票号,发票号码,发票编号,单据编号,单据号
      """, isRequired: true),
    ImportField(
      "amount",
      "invoice amount,gross amount,gross,total,total amount,Betrag,Bruttobetrag,Brutto,Rechnungsbetrag,金额,发票金额,价税合计,含税金额,总金额",
      isRequired: true),
    ImportField("tax", "tax amount,vat,vat amount,Steuer,Steuerbetrag,MwSt,USt,Mehrwertsteuer,Umsatzsteuer,税额"),
    ImportField("currency", "currency code,Währung,Waehrung,币种,币别,货币"),
    ImportField(
      "issued_on", "invoice date,issue date,date,document date,Rechnungsdatum,Belegdatum,Datum,开票日期,发票日期,单据日期,日期", isRequired: true),
    ImportField("due_on", "due date,due,net due date,Fälligkeit,Fällig am,Fälligkeitsdatum,到期日,到期日期,付款到期日,应收日期", isRequired: true),
    ImportField("exchange_rate", "rate,Kurs,Wechselkurs,汇率"),
    ImportField("external_id", "source id,外部编号"),
  ]

  static let receipts = [
    ImportField("customer", customerHeaders),
    ImportField(
      "number", "receipt number,receipt no,receipt id,payment number,payment no,payment id,Zahlungsnummer,Zahlungs-Nr,收款单号,收款编号,流水号"),
    ImportField("amount", "receipt amount,payment amount,amount paid,paid amount,Betrag,Zahlungsbetrag,金额,收款金额,到账金额", isRequired: true),
    ImportField("currency", "currency code,Währung,Waehrung,币种,币别,货币"),
    ImportField(
      "received_on",
      """
      received,receipt date,payment date,paid on,date paid,settled date,settlement date,value date,date,\
      Zahlungsdatum,Zahlungseingang,Eingangsdatum,Buchungsdatum,Wertstellung,Datum,收款日期,到账日期,日期
      """, isRequired: true),
    ImportField("invoice", "invoice number,invoice no,invoice id,Rechnung,Rechnungsnummer,Rechnungs-Nr,发票号,发票号码,发票编号,对应发票"),
    ImportField("exchange_rate", "rate,Kurs,Wechselkurs,汇率"),
    ImportField("external_id", "source id,外部编号"),
  ]
}
