import RemitSDK

/// Which column of a file each field is in, found by the header, and what keeps them from being found.
struct ImportColumns {
  let header: [ColumnHeader]
  /// Field -> index of its column.
  private(set) var columns: [String: Int] = [:]
  /// Field -> index of the column that is it where that is filled.
  private(set) var standIns: [String: Int] = [:]
  /// Field -> indices of all columns that it is.
  private(set) var allColumns: [String: [Int]] = [:]
  /// Fields that more than one column may be.
  private var doubtful: [(field: String, columns: [Int])] = []
  /// Fields whose header was given, and is not there.
  private var absent: [String] = []
  /// Fields that are needed, and that no column is.
  private(set) var missing: [String] = []
  private let fields: Set<String>
  /// What a column of taxes is called; a rate is one of tax where it is called so.
  private let taxHeaders: Set<String>

  /// - Parameter given: field -> header, or "#" and the number of the column; empty: no column is that field.
  init(of header: [ColumnHeader], _ fields: [ImportField], given: [String: String]) {
    self.header = header
    self.fields = Set(fields.map(\.name))
    taxHeaders = Set(fields.first { $0.name == "tax" }?.headers ?? []).union(ColumnHeader.taxRates)
    for field in fields {
      guard let name = given[field.name], !name.isEmpty else { continue }
      if name.hasPrefix("#"), let number = Int(name.dropFirst()) {
        if header.indices.contains(number - 1) { columns[field.name] = number - 1 }
      } else {
        find(field.name, [ImportField.key(name)], isGiven: true)
      }
      if !isFound(field.name) { absent.append(field.name) }
    }
    let told = Set(columns.values)
    // The number of the document itself is not that of the invoice that it is about.
    let number = given["number"].flatMap { _ in columns["number"] }.map { Set([$0]) } ?? []
    for field in fields where given[field.name] == nil && !field.isInAll {
      find(field.name, field.headers, besides: field.name == "invoice" && fields.contains { $0.name == "reason" } ? number : [])
    }
    for field in fields where field.isInAll {
      let found =
        given[field.name] == nil
        ? header.indices.filter { !told.contains($0) && !header[$0].keys.filter(field.headers.contains).isEmpty }
        : columns[field.name].map { [$0] } ?? []
      allColumns[field.name] = found
      columns[field.name] = found.first
    }
    if fields.contains(where: { $0.name == "direction" }), given["direction"] == nil, !isFound("direction") {
      let both = header.indices.filter { !columns.values.contains($0) && header[$0].saysBothSides }
      if both.count == 1 { columns["direction"] = both[0] }
    }
    for field in fields where given[field.name] == nil && !field.isInAll && !isFound(field.name) {
      var others = field.otherHeaders
      // Beside the tax it is the amount without it, unless another column is that.
      if field.name == "amount", isFound("tax"), !isFound("net"), fields.contains(where: { $0.name == "net" }) {
        others.removeAll { $0 == ImportField.key(ImportField.bareAmount) }
      }
      find(field.name, others, besides: Set(columns.values))
    }
    for field in fields where given[field.name] != "" {
      guard let other = field.standsFor, let column = columns[field.name] else { continue }
      if !isFound(other) {
        columns[other] = column
      } else if given[other] == nil || given[field.name] != nil {
        standIns[other] = column
      } else {
        columns[field.name] = nil
      }
    }
    missing = fields.filter { $0.isRequired && !isFound($0.name) && !$0.orElse.contains { $0.allSatisfy(isFound) } }.map(\.name)
  }

  /// Columns with the amounts of one side of an account: debits, then credits.
  private var sided: [[String]] {
    [
      ["借方", "soll", "debit", "debits", "dr", "charges", "应收金额", "应收"],
      ["贷方", "haben", "credit", "credits", "cr", "payments", "收款金额", "已收金额", "收款"],
    ]
    .map { sides in
      header.indices.filter { !columns.values.contains($0) && header[$0].isOf(sides) }.map { header[$0].text }
    }
  }

  /// Columns that may be the amount that is meant, beside the one that was found.
  private var otherAmounts: [String] {
    let words =
      isOfOpenItems
      ? [
        "open", "amountdue", "totaldue", "remaining", "balance", "unpaid", "offen", "offener", "rest", "restforderung", "ausstehend",
        "saldo", "余额", "未收", "未核销",
        "未结", "未回", "未付", "剩余",
      ]
      : ["gross", "brutto", "inkl", "incl", "including", "含税", "价税合计", "合计", "总计", "总额", "grandtotal"]
    let unlike = ["date", "days", "datum", "tage", "日", "天", "数", "reference", "nr", "no", "不含税", "excl"]
    return header.indices.filter { !columns.values.contains($0) && header[$0].isOf(words) && !header[$0].isOf(unlike) }.map {
      header[$0].text
    }
  }

  /// Whether its amounts are what is open.
  private var isOfOpenItems: Bool { fields.contains("reason") && !fields.contains("tax") }

  private mutating func find(_ field: String, _ wanted: [String], besides taken: Set<Int> = [], isGiven: Bool = false) {
    let found = header.indices.filter { column in
      !taken.contains(column)
        && (header[column].keys + (isGiven ? [header[column].rateKey ?? ""] : [])).contains { !$0.isEmpty && wanted.contains($0) }
    }
    if found.count == 1 { columns[field] = found[0] }
    if found.count > 1 { doubtful.append((field, found)) }
  }

  private func isFound(_ field: String) -> Bool { columns[field] != nil || doubtful.contains { $0.field == field } }

  /// How many fields were found: the header is the record with most.
  var foundCount: Int { columns.count + doubtful.count }

  func problems(given: [String: String]) -> [(field: String, message: String)] {
    var problems: [(field: String, message: String)] = doubtful.map { field, found in
      let list = found.prefix(9).map { CellText.cut(header[$0].text, bytesMax: 60) }.joined(separator: " and ")
      return ("columns", "are in doubt: \(list) may be the \(field); say which (\(field)=HEADER)")
    }
    problems += absent.map { ("columns", "have no header \(given[$0] ?? "")") }
    if fields.contains("tax"), !isFound("tax"), let rate = header.first(where: { $0.rateKey.map(taxHeaders.contains) ?? false }) {
      problems.append(
        (
          "columns",
          "have a rate, \(rate.text), and no amount of tax: say which that is (tax=HEADER), or leave \(rate.text) out of the file"
        ))
    }
    if fields.contains("direction"), given["amount"] == nil, let amount = columns["amount"] {
      let sided = sided
      if !isFound("direction"), let debit = sided[0].first, let credit = sided[1].first {
        problems.append(
          (
            "columns",
            "have \(debit) and \(credit), and nothing that says which way \(header[amount].text) is: say what the amount is (amount=HEADER)"
          ))
      } else if let other = otherAmounts.first {
        problems.append(
          ("columns", "are in doubt: \(header[amount].text) and \(other) may be the amount; say which (amount=HEADER)"))
      }
    }
    let missing = missing.filter { !absent.contains($0) }
    if !missing.isEmpty {
      let shown = header.prefix(30).map { CellText.cut($0.text, bytesMax: 60) }.joined(separator: ", ")
      let hint = missing.contains("due_on") ? ", or after how many days invoices without a due date are due (--net-days)" : ""
      problems.append(
        ("columns", "must say which is \(missing.joined(separator: ", ")) (\(missing[0])=HEADER)\(hint); the header has \(shown)"))
    }
    return problems
  }
}
