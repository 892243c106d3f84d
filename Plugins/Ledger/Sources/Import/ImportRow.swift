import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// One row, read field by field. What is wrong with it collects here.
struct ImportRow {
  private let row: ImportedTable.Row
  private let table: ImportedTable
  private let request: Remit_Ledger_V1_ImportRequest
  private let issues: ImportIssues
  /// The columns in which it has issues.
  private var columns: Set<String> = []
  private(set) var isRefused = false

  private static let currencyBytesMax = 100

  var line: Int { row.line }

  init(_ row: ImportedTable.Row, in table: ImportedTable, request: Remit_Ledger_V1_ImportRequest, issues: ImportIssues) {
    self.issues = issues
    self.row = row
    self.table = table
    self.request = request
    if row.hasMore || row.fieldCount < table.header.count {
      refuse(nil, "has \(row.fieldCount) fields; the header has \(table.header.count)")
    }
  }

  mutating func refuse(_ field: String?, _ reason: String) {
    isRefused = true
    add(.refused, field, reason)
  }

  mutating func note(_ field: String?, _ reason: String) { add(.note, field, reason) }

  private mutating func refuse(_ column: Int, _ reason: String) {
    isRefused = true
    add(.refused, column, reason)
  }

  private mutating func add(_ severity: Remit_Ledger_V1_ImportIssue.Severity, _ field: String?, _ reason: String) {
    if let column = field.flatMap({ table.column(of: $0, in: row) }) { return add(severity, column, reason) }
    columns.insert(field ?? "")
    issues.add(severity, line: line, column: field ?? "", value: "", reason)
  }

  private mutating func add(_ severity: Remit_Ledger_V1_ImportIssue.Severity, _ column: Int, _ reason: String) {
    columns.insert(table.header[column].text)
    issues.add(severity, line: line, column: table.header[column].text, value: table.cell(column, of: row), reason)
  }

  /// The texts of all columns that a field is in, where there are any.
  private func cells(ofAll field: String) -> [(column: Int, text: String)] {
    table.columns(ofAll: field, in: row).map { ($0, CellText.trimmed(table.cell($0, of: row))) }
  }

  /// Refuses what forbids the record, but for fields that were refused already.
  mutating func refuse(_ problems: [(field: String, message: String)]) {
    let columns = columns
    for problem in problems where !columns.contains(name(of: problem.field)) {
      refuse(problem.field, problem.message)
    }
  }

  /// What the file calls the field.
  func name(of field: String) -> String { table.column(of: field, in: row).map { table.header[$0].text } ?? field }

  /// The first of the fields that the file has a column of.
  func firstColumn(of fields: [String]) -> String? { fields.first { table.columns[$0] != nil } }

  /// The cell without blanks around; empty also where there is no such column.
  func cell(_ field: String) -> String { table.column(of: field, in: row).map { CellText.trimmed(table.cell($0, of: row)) } ?? "" }

  /// What is compared of a cell with a word in it.
  private func key(_ field: String) -> String { ImportField.key(CellText.cut(cell(field), bytesMax: 60)) }

  /// The number that the row has beside the one that counts; nil: it has one only.
  var otherNumber: String? {
    guard let column = table.replacedColumn(of: "number", in: row) else { return nil }
    let number = CellText.number(CellText.trimmed(table.cell(column, of: row)))
    return RowWords.isPlaceholder(number) || CellText.isChangedBySpreadsheet(number) ? nil : number
  }

  /// A text of the API; nil where it is empty, or was refused.
  mutating func text(_ field: String, charactersMax: Int, isRequired: Bool = false) -> String? {
    text(cell(field).plain, of: field, charactersMax: charactersMax, isRequired: isRequired)
  }

  private mutating func text(_ text: String, of field: String, charactersMax: Int, isRequired: Bool) -> String? {
    if text.isEmpty && !isRequired { return nil }
    if let problem = Violations.problem(of: text, charactersMax: charactersMax) {
      refuse(field, problem)
      return nil
    }
    return text
  }

  /// A number that others gave, which a spreadsheet may have taken for one of its own.
  mutating func number(_ field: String, charactersMax: Int = 64, isRequired: Bool = false) -> String? {
    if CellText.isChangedBySpreadsheet(cell(field)) {
      refuse(field, "\(CellText.changedBySpreadsheet)")
      return nil
    }
    return text(CellText.number(cell(field)), of: field, charactersMax: charactersMax, isRequired: isRequired)
  }

  /// Whether the row says by a mark of its own that the amount is a credit of the customer's; nil where it has none.
  mutating func isCredit() -> Bool? {
    switch key("direction") {
    case "": return nil
    case "借", "借方", "s", "soll", "d", "dr", "debit", "支出", "支", "付", "付款", "转出", "出账", "往账", "流出", "出", "out", "outgoing", "ausgang", "aus",
      "平":
      return false
    case "贷", "贷方", "h", "haben", "c", "cr", "credit", "收入", "收", "收款", "转入", "入账", "来账", "流入", "进", "in", "incoming", "eingang", "ein":
      return true
    default:
      refuse("direction", "says neither debit (借, S, D) nor credit (贷, H, C)")
      return nil
    }
  }

  /// Refuses a row with money that does not say which way it is, in a file whose rows say so.
  mutating func requireDirection() {
    if firstColumn(of: ["direction"]) != nil, cell("direction").isEmpty { refuse("direction", "must be given where the file has it") }
  }

  /// Refuses the row where it says that it is no valid document, or says what nobody knows.
  mutating func checkStatus() {
    for (column, text) in cells(ofAll: "status") {
      switch RowWords.state(text) {
      case .valid, .corrected: break
      case .void: refuse(column, "says that it is no valid document; leave the row out, or import the others (--skip-refused)")
      case .other: refuse(column, "is no status that is known; where all such rows are valid, leave the column aside (--column status=)")
      }
    }
    for (column, text) in cells(ofAll: "is_void") where RowWords.isSet(text) != false {
      refuse(
        column,
        "says that it is no valid document; leave the row out, or import the others (--skip-refused); where it means something else, leave the column aside (--column is_void=)"
      )
    }
    for (column, text) in cells(ofAll: "is_approved") where RowWords.isSet(text) != true {
      refuse(column, "says that it is not approved; leave the row out, or import the others (--skip-refused)")
    }
  }

  /// Notes that there is another document, where the status says so.
  mutating func noteCorrection() {
    for (column, text) in cells(ofAll: "status") where RowWords.state(text) == .corrected {
      add(.note, column, "says that a red invoice corrects it, which is a credit note: remit import credit-notes")
    }
  }

  /// Refuses the row where it says that it is another kind of document than those meant, or says what nobody knows.
  ///
  /// - Parameter problem: of a kind, what keeps it from being imported; nil: nothing.
  mutating func checkKind(_ problem: (DocumentWords.Kind) -> String?) {
    for (field, kindIfSet, kindIfNot) in [
      ("is_positive", DocumentWords.Kind.invoice, DocumentWords.Kind.creditNote), ("is_negative", .creditNote, .invoice),
    ] {
      for (column, text) in cells(ofAll: field) {
        guard let isSet = RowWords.isSet(text) else {
          refuse(column, "says neither yes nor no; where it means something else, leave the column aside (--column \(field)=)")
          continue
        }
        if let problem = problem(isSet ? kindIfSet : kindIfNot) { refuse(column, problem) }
      }
    }
    for (column, text) in cells(ofAll: "document_type") {
      guard let kind = DocumentWords.kind(text) else {
        refuse(
          column,
          "is no kind of document that is known; leave the row out, or where all rows are what is imported, leave the column aside (--column document_type=)"
        )
        continue
      }
      if let problem = problem(kind) { refuse(column, problem) }
    }
  }

  /// After how many days the invoice is due by its terms of payment; nil: the row has none, or they were refused.
  mutating func netDays() -> Int32? {
    guard !cell("terms").isEmpty else { return nil }
    if let days = RowWords.netDays(cell("terms")) { return days }
    refuse("terms", "is no number of days, such as Net 30, and the row has no due date: give it")
    return nil
  }

  mutating func date(_ field: String) -> CivilDate? {
    let (order, file, line) = (DateText.Order(request.dateOrder), table.dateOrder, line)
    return value(field, isRequired: true) { text throws(CellProblem) in
      try DateText.date(text, order: order, file: file, line: line)
    }
  }

  /// What a request says of the day on which rows without one are in the books.
  static func postedOn(_ request: Remit_Ledger_V1_ImportRequest) throws(CallError) -> CivilDate? {
    var violations = Violations()
    let day = request.postedOn.isEmpty ? nil : violations.date(request.postedOn, "posted_on")
    try violations.throwIfAny()
    return day
  }

  /// The day on which a document is in the books, where that is not its own.
  mutating func postedOn(_ ofFile: CivilDate?, of issuedOn: CivilDate) -> CivilDate? {
    cell("posted_on").isEmpty ? ofFile.map { max($0, issuedOn) } : date("posted_on")
  }

  mutating func currency(base: Currency) -> Currency? {
    let text = CellText.plain(CellText.cut(cell("currency"), bytesMax: Self.currencyBytesMax)).uppercased()
    let code = text.isEmpty ? (request.currency.isEmpty ? base.code : request.currency) : text
    let currency = Currency(code) ?? ColumnHeader.currency(code)
    if currency == nil { refuse("currency", "is no currency of ISO 4217, such as EUR: \(code)") }
    return currency
  }

  mutating func money(_ field: String, _ currency: Currency?, isRequired: Bool = false) -> Money? {
    guard let currency else { return nil }
    if let header = table.columns[field].map({ table.header[$0] }), !header.currencies.isEmpty, !header.currencies.contains(currency.code),
      !cell(field).isEmpty
    {
      refuse(field, "is of a column with another currency than \(currency); give the row its currency, or state it for the file (currency)")
      return nil
    }
    let mark = AmountText.Mark(request.decimalMark)
    return value(field, isRequired: isRequired) { text throws(CellProblem) in try AmountText.money(text, currency, mark: mark) }
  }

  /// The amount with its tax: as the row has it, or net amount and tax together.
  mutating func amounts(_ currency: Currency?) -> (amount: Money?, tax: Money?) {
    let amount = money("amount", currency)
    let net = money("net", currency)
    let isTaxed = !cell("tax").isEmpty
    let tax = RowWords.isNoTax(cell("tax")) ? currency.map { Money(minor: 0, currency: $0) } : money("tax", currency)
    guard cell("amount").isEmpty else {
      guard let amount, let net else { return (amount, tax) }
      if let tax, net.minor + tax.minor != amount.minor {
        refuse("amount", "is not net amount and tax together, \(net.text) and \(tax.text)")
      }
      if isTaxed { return (amount, tax) }
      if net.minor != amount.minor, issues.isFirst("tax from net amounts") {
        note("net", "is less than \(name(of: "amount")): where no tax is given, the difference is taken as that")
      }
      return (amount, Money(minor: amount.minor - net.minor, currency: amount.currency))
    }
    // A blank tax is none; one that was refused is not.
    guard !cell("net").isEmpty, firstColumn(of: ["tax"]) != nil else {
      refuse(firstColumn(of: ["amount", "net"]), "must be given")
      return (nil, tax)
    }
    guard let net, tax != nil || !isTaxed else { return (nil, tax) }
    // Each is at most 10^15.
    let sum = Money(minor: net.minor + (tax?.minor ?? 0), currency: net.currency)
    guard abs(sum.minor) <= Money.minorMax else {
      refuse("net", "with the tax is larger than \(net.currency.text(minor: Money.minorMax)) \(net.currency)")
      return (nil, tax)
    }
    return (sum, tax)
  }

  mutating func rate() -> ExchangeRate? {
    let mark = AmountText.Mark(request.decimalMark)
    return value("exchange_rate", isRequired: false) { text throws(CellProblem) in try AmountText.rate(text, mark: mark) }
  }

  mutating func identifier(_ scheme: Identifier.Scheme) -> Identifier? {
    value(scheme.rawValue, isRequired: false) { text throws(CellProblem) in
      do throws(IdentifierProblem) {
        return try Identifier(text, scheme: scheme)
      } catch {
        throw CellProblem("\(error)")
      }
    }
  }

  private mutating func value<Value>(
    _ field: String, isRequired: Bool, _ read: (String) throws(CellProblem) -> Value
  ) -> Value? {
    let text = cell(field)
    guard !text.isEmpty else {
      if isRequired { refuse(field, "must be given") }
      return nil
    }
    do throws(CellProblem) {
      return try read(text)
    } catch {
      refuse(field, "\(error)")
      return nil
    }
  }
}
