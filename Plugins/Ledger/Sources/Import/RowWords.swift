import RemitSDK

/// What the words in the cells of a row say, in English, German and Chinese.
enum RowWords {
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

  /// A status is known where each of its words is: "Paid - Voided" is void.
  static func state(_ text: String) -> State {
    let key = ImportField.key(text)
    if key.isEmpty || validStates.contains(key) { return .valid }
    if voidStates.contains(key) { return .void }
    let words = WordRuns(text).runs.map(\.text)
    if words.contains(where: voidStates.contains) { return .void }
    if key.contains("红冲"), !key.contains("未红冲") { return .corrected }
    return words.allSatisfy(validStates.contains) ? .valid : .other
  }

  /// Whether a mark such as 作废标志 or Voided is set; nil: it says neither yes nor no.
  static func isSet(_ text: String) -> Bool? {
    let key = ImportField.key(text)
    if key.isEmpty || ["no", "n", "false", "0", "nein", "f", "否", "未作废", "正常", "未红冲", "蓝", "蓝字", "蓝票"].contains(key) { return false }
    return ["yes", "y", "true", "1", "ja", "j", "t", "x", "是", "已作废", "作废", "红", "红字", "红票", "void", "voided", "storniert"].contains(key)
      ? true : nil
  }

  private static let voidStates: Set = [
    "void", "voided", "draft", "deleted", "cancelled", "canceled", "rejected", "reversed", "annulled", "failed", "declined", "refused",
    "returned", "refunded", "reverted", "denied", "unposted", "error", "inactive", "entwurf", "storniert", "gelöscht", "ungültig",
    "abgelehnt", "fehlgeschlagen",
    "abgebrochen", "zurückgegeben", "zurückgebucht", "vorgemerkt",
    "作废", "已作废", "草稿", "暂存", "未提交", "未审核", "待审核", "审核中", "已驳回", "驳回", "未通过", "已删除", "已取消", "已撤销", "撤销", "已撤回", "已冲销", "冲销", "异常", "无效",
    "冲正", "已冲正", "退汇", "已拒绝", "未成功", "交易不成功", "开票失败", "空白作废", "保存", "自由态", "审批中", "审批不通过", "待提交", "未生效", "创建", "重新审核", "失败", "交易失败", "支付失败",
    "开具失败", "未开具", "待开具", "处理中", "已退回", "退回", "已退票", "退票", "已退汇", "已退款", "交易关闭", "已关闭", "关闭",
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
    // Of paper invoices the code stands before it: "对应正数发票代码:3100号码:88000001".
    let rest = remark[start.upperBound...]
    let place = rest.firstRange(of: "号码")?.upperBound ?? rest.startIndex
    let number = rest[place...].drop { !$0.isASCII || !$0.isNumber }.prefix { $0.isASCII && $0.isNumber }
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
