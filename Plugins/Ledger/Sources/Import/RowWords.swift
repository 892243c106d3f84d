import RemitSDK

/// What the words in the cells of a row say of the document, in English, German and Chinese. They are compared by `ImportField.key`.
enum RowWords {
  /// Which kind of document a row is.
  enum Kind {
    case invoice, creditNote, receipt, outgoing
    /// A credit note, or of a bank's line what came in.
    case credit
    /// It is in no books: an offer, an order, a fee of the bank's.
    case other
  }

  /// nil: it is not known, or blank.
  static func kind(_ key: String) -> Kind? {
    kinds.first { words in words.exact.contains(key) || words.parts.contains(where: key.contains) }?.kind
  }

  /// The first that fits counts: a red invoice is a credit, a receipt's return is no receipt.
  private static let kinds: [(kind: Kind, exact: Set<String>, parts: [String])] = [
    (
      .other, ["order", "so", "offer", "fee", "fees", "payout", "auftrag", "gebühr", "gebühren", "angebot"],
      [
        "proforma", "quote", "quotation", "estimate", "salesorder", "auftragsbestätigung", "kostenvoranschlag", "lieferschein", "报价", "订单",
        "形式发票", "手续费", "提现",
      ]
    ),
    (
      .outgoing, ["付款", "付款单"],
      ["refund", "chargeback", "returned", "erstattung", "rückzahlung", "rücklastschrift", "退款", "退票", "退汇", "冲正", "转出", "支出", "汇出"]
    ),
    (
      .creditNote, ["否", "cn", "cm", "return", "returns", "kg"],
      ["creditnote", "creditmemo", "accreccredit", "storno", "rechnungskorrektur", "salesreturn", "退货", "红字", "红票", "负数", "贷项", "销退"]
    ), (.credit, ["cr", "贷"], ["credit", "gutschrift"]),
    (
      .receipt, ["rcpt", "charge", "转入", "来账", "dz"],
      ["payment", "receipt", "zahlung", "überweisung", "收款", "回款", "到账", "转账", "汇款", "入账"]
    ),
    (.invoice, ["是", "inv", "rv", "rechnung", "ar", "accrec"], ["invoice", "rechnung", "发票", "专票", "普票", "蓝字", "正数", "应收", "销售", "出库"]),
  ]

  /// Of a status.
  enum State {
    case valid
    /// The row is no valid document.
    case void
    /// It is, and another corrects it: a red invoice.
    case corrected
    /// That is not known.
    case other
  }

  static func state(_ key: String) -> State {
    if key.isEmpty || validStates.contains(key) { return .valid }
    if voidStates.contains(key) { return .void }
    return key.contains("红冲") && !key.contains("未红冲") ? .corrected : .other
  }

  private static let voidStates: Set = [
    "void", "voided", "draft", "deleted", "cancelled", "canceled", "rejected", "reversed", "annulled", "failed", "declined", "refused",
    "returned", "refunded", "error", "inactive", "entwurf", "storniert", "gelöscht", "ungültig", "abgelehnt", "fehlgeschlagen",
    "abgebrochen", "zurückgegeben", "vorgemerkt",
    "作废", "已作废", "草稿", "暂存", "未提交", "未审核", "待审核", "审核中", "已驳回", "驳回", "未通过", "已删除", "已取消", "已撤销", "撤销", "已撤回", "已冲销", "冲销", "异常", "无效",
    "失败", "交易失败", "支付失败", "开具失败", "未开具", "待开具", "处理中", "已退回", "退回", "已退票", "退票", "已退汇", "已退款", "交易关闭", "已关闭", "关闭",
  ]

  private static let validStates: Set = [
    "open", "paid", "unpaid", "partiallypaid", "partlypaid", "partpaid", "overdue", "pastdue", "due", "sent", "posted", "approved",
    "authorised",
    "authorized", "issued", "active", "valid", "ok", "success", "successful", "succeeded", "completed", "complete", "settled", "cleared",
    "booked", "processed", "received", "closed", "final", "current", "viewed", "offen", "bezahlt", "teilbezahlt", "unbezahlt", "überfällig",
    "fällig", "versendet", "verschickt", "gebucht", "freigegeben", "gestellt", "festgeschrieben", "abgeschlossen", "ausgeglichen", "gültig",
    "erledigt", "正常", "有效", "已开具", "开具成功", "已开票", "已审核", "审核通过", "已通过", "已提交", "已确认", "已生效", "生效", "已过账", "已记账", "未核销", "部分核销", "已核销",
    "未收款", "部分收款", "已收款", "未付款", "已付款", "已结清", "未结清", "已入账", "已到账", "成功", "交易成功", "支付成功", "已完成", "完成", "未红冲", "已交付",
    "已认领", "未认领",
  ]

  /// The invoice that the remark of a red one names: "被红冲蓝字数电发票号码：24952000000000000001 红字发票信息确认单编号：...".
  static func correctedInvoice(_ remark: String) -> String? {
    guard let start = remark.firstRange(of: "被红冲蓝字") ?? remark.firstRange(of: "对应正数发票") else { return nil }
    let number = remark[start.upperBound...].drop { !$0.isASCII || !$0.isNumber }.prefix { $0.isASCII && $0.isNumber }
    return number.isEmpty ? nil : String(number)
  }

  /// An amount of tax that is none: "免税".
  static func isNoTax(_ text: String) -> Bool { noTax.contains(text) || noTax.contains(ImportField.key(text)) }

  private static let noTax: Set = ["***", "-", "--", "/", "免税", "不征税", "零税率", "exempt", "taxexempt", "nil", "none", "steuerfrei"]

  /// Whether a cell for a number says that there is none: "-", "无".
  static func isPlaceholder(_ text: String) -> Bool {
    let key = ImportField.key(text)
    return key.isEmpty || ["0", "无", "na", "null", "none"].contains(key)
  }

  /// The days of "Net 30", "14 Tage", "30天", "due on receipt". nil: it says something else, as "2/10 net 30" and "月结30天" do.
  static func netDays(_ text: String) -> Int32? {
    let words = WordsAndNumbers(text)
    if words.numbers.isEmpty { return immediate.contains(words.letters) ? 0 : nil }
    guard words.numbers.count == 1, words.numbers[0] <= 3650, netWords.contains(words.letters) else { return nil }
    return Int32(words.numbers[0])
  }

  private static let immediate: Set = [
    "dueonreceipt", "onreceipt", "uponreceipt", "immediate", "immediately", "cod", "prepaid", "sofort", "sofortfällig", "zahlbarsofort",
    "beierhalt", "nacherhalt", "货到付款", "款到发货", "现结", "现款", "即付",
  ]
  private static let netWords: Set = [
    "", "net", "netto", "n", "d", "day", "days", "tag", "tage", "netdays", "daysnet", "tagenetto", "nettotage", "innerhalbtagen",
    "zahlbarinnerhalbtagen", "innerhalbvontagen", "zahlbarinnerhalbvontagen", "tagenachrechnungsdatum", "daysfrominvoicedate",
    "daysafterinvoicedate", "天", "日", "账期天", "信用期天", "天内", "天账期",
  ]
}

/// The letters of a text, together and small, and its whole numbers.
private struct WordsAndNumbers {
  var letters = ""
  var numbers: [Int] = []

  init(_ text: String) {
    guard text.utf8.count <= 100 else { return }
    var digits = ""
    for scalar in CellText.plain(text).plain.lowercased().unicodeScalars {
      if ("0"..."9").contains(scalar) {
        digits.unicodeScalars.append(scalar)
        continue
      }
      add(&digits)
      if scalar.properties.isAlphabetic || scalar.properties.numericType != nil { letters.unicodeScalars.append(scalar) }
    }
    add(&digits)
  }

  private mutating func add(_ digits: inout String) {
    if !digits.isEmpty { numbers.append(Int(digits) ?? .max) }
    digits = ""
  }
}
