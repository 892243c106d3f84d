import RemitSDK

/// What people call kinds of documents, in English, German and Chinese. A cell is read word by word, and known only where all of its words are: of a "vendor
/// payment" nobody may guess that it is a payment.
enum DocumentWords {
  /// Which kind of document a row is.
  enum Kind {
    case invoice, creditNote, receipt, outgoing
    /// A credit note, or of a bank's line what came in.
    case credit
    /// Money that went one way or the other.
    case transfer
    /// It is in no books of ours: an offer, an order, a fee of the bank's.
    case other
    /// It was taken back, or never was.
    case void
  }

  /// nil: not all of it is known.
  static func kind(_ text: String) -> Kind? {
    guard let words = words(of: text), !words.isEmpty else { return nil }
    let kinds = Set(words.compactMap { $0 })
    return [.void, .other, .outgoing, .creditNote, .credit, .receipt, .transfer, .invoice].first(where: kinds.contains)
  }

  /// Of each word its kind, nil where it says nothing of it; nil: one is not known.
  private static func words(of text: String) -> [Kind?]? {
    var found: [Kind?] = []
    var latin: [String] = []
    func takeLatin() -> Bool {
      defer { latin = [] }
      var rest = latin[...]
      while !rest.isEmpty {
        guard let length = (1...min(3, rest.count)).reversed().first(where: { vocabulary[rest.prefix($0).joined()] != nil }) else {
          return false
        }
        found.append(vocabulary[rest.prefix(length).joined()] ?? nil)
        rest = rest.dropFirst(length)
      }
      return true
    }
    for run in WordRuns(text).runs {
      guard run.isHan else {
        latin.append(run.text)
        continue
      }
      guard takeLatin() else { return nil }
      var rest = Array(run.text)[...]
      while !rest.isEmpty {
        guard let length = (1...min(6, rest.count)).reversed().first(where: { vocabulary[String(rest.prefix($0))] != nil }) else {
          return nil
        }
        found.append(vocabulary[String(rest.prefix(length))] ?? nil)
        rest = rest.dropFirst(length)
      }
    }
    return takeLatin() ? found : nil
  }

  private static let vocabulary: [String: Kind?] = {
    var words: [String: Kind?] = [:]
    for (kind, list) in lists {
      for word in list.split(whereSeparator: \.isWhitespace) { words[String(word)] = .some(kind) }
    }
    return words
  }()

  private static let lists: [(kind: Kind?, words: String)] = [
    (
      nil,
      """
      standard domestic foreign customer client sales sale tax vat commercial final partial recurring accounts receivable online bank sepa
      electronic ach wire bacs swift instant document kunde kunden debitor debitoren
      增值税 专用 普通 电子 纸质 数电 全电 票 单 单据 销售 标准 客户 网银 跨行 行内 手机 银行 线上 线下 在线 通行费 卷 式 全面 数字化 类
      """
    ),
    (
      .invoice,
      """
      invoice invoices inv rechnung ausgangsrechnung kundenrechnung schlussrechnung teilrechnung abschlagsrechnung anzahlungsrechnung
      sammelrechnung einzelrechnung verkaufsrechnung rv dr re accrec ar debitnote debitmemo
      发票 专票 普票 蓝字 蓝票 正数 应收 应收单 销售单 销货单 出库单 销售出库单 结算单
      """
    ),
    (
      .creditNote,
      """
      creditnote creditmemo creditmemos cn cm accreccredit salesreturn return returns rechnungskorrektur korrekturrechnung stornorechnung
      storno kg dg 红字 红票 负数 退货 退货单 销退 贷项 贷项通知单 红冲 冲红 折让
      """
    ), (.credit, "credit gutschrift gutschriften cr 贷 贷记"),
    (
      .receipt,
      """
      payment payments receipt receipts rcpt charge incoming inbound received deposit dz zahlung zahlungseingang eingang einzahlung
      kundenzahlung überweisungsgutschrift ueberweisungsgutschrift
      收款 收款单 回款 到账 来账 转入 入账 收入 进账 汇入 存入 预收 预收款 收
      """
    ), (.transfer, "transfer banktransfer überweisung ueberweisung 转账 汇款 交易 支付 扫码 二维码 快捷 消费"),
    (
      .outgoing,
      """
      refund refunds chargeback withdrawal outgoing billpayment auszahlung erstattung rückzahlung rücklastschrift zahlungsausgang ausgang
      rückbuchung lastschrift debit 付款 付款单 转出 支出 汇出 往账 退款 退款单 退票 退汇 冲正 扣款 扣费 代发 出账 付 支 付方 借 借记 采购 进项 应付
      """
    ),
    (
      .other,
      """
      proforma proformainvoice quote quotation estimate order salesorder so offer angebot auftrag auftragsbestätigung lieferschein
      kostenvoranschlag proformarechnung fee fees payout gebühr gebühren entgelt entgelte purchase vendor supplier payable eingangsrechnung
      lieferantenrechnung accpay accpaycredit accpaypayment expense 报价 报价单 订单 销售订单 形式发票 手续费 提现 核销 核销单
      """
    ),
    (
      .void,
      """
      void voided draft deleted cancelled canceled rejected reversed reversal failed declined entwurf storniert stornierte gelöscht
      作废 已作废 草稿 暂存 失败 取消 已取消 关闭 退回 冲销 空白作废
      """
    ),
  ]
}

/// The words of a text in small letters, and its runs of Han characters.
struct WordRuns {
  private(set) var runs: [(text: String, isHan: Bool)] = []

  init(_ text: String) {
    guard text.utf8.count <= 200 else { return }
    var run = "", isHan = false
    func isHanCharacter(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isIdeographic }
    for scalar in CellText.plain(text).plain.lowercased().unicodeScalars {
      let isLetter = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      if !run.isEmpty, !isLetter || isHanCharacter(scalar) != isHan {
        runs.append((run, isHan))
        run = ""
      }
      if isLetter {
        isHan = isHanCharacter(scalar)
        run.unicodeScalars.append(scalar)
      }
    }
    if !run.isEmpty { runs.append((run, isHan)) }
  }
}
