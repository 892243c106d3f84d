import RemitSDK

/// Which column of a file each field is in, found by the header, and what keeps them from being found.
struct ImportColumns {
  let header: [ColumnHeader]
  /// Field -> index of its column.
  private(set) var columns: [String: Int] = [:]
  /// Field -> index of the column that is it where that is filled.
  private(set) var standIns: [String: Int] = [:]
  /// Fields that more than one column may be.
  private var doubtful: [(field: String, columns: [Int])] = []
  /// Fields whose header was given, and is not there.
  private var absent: [String] = []
  /// Fields that are needed, and that no column is.
  private(set) var missing: [String] = []
  private let fields: Set<String>
  /// What a column of taxes is called; a rate is one of tax where it is called so.
  private let taxHeaders: Set<String>

  /// - Parameter given: field -> header.
  init(of header: [ColumnHeader], _ fields: [ImportField], given: [String: String]) {
    self.header = header
    self.fields = Set(fields.map(\.name))
    taxHeaders = Set(fields.first { $0.name == "tax" }?.headers ?? []).union(ColumnHeader.taxRates)
    for field in fields {
      if let name = given[field.name] {
        find(field.name, [ImportField.key(name)], isGiven: true)
        if !isFound(field.name) { absent.append(field.name) }
      } else {
        find(field.name, field.headers)
      }
    }
    for field in fields where given[field.name] == nil && !isFound(field.name) {
      var others = field.otherHeaders
      // Beside the tax it is the amount without it, unless another column is that.
      if field.name == "amount", isFound("tax"), !isFound("net"), fields.contains(where: { $0.name == "net" }) {
        others.removeAll { $0 == ImportField.key(ImportField.bareAmount) }
      }
      find(field.name, others, besides: Set(columns.values))
    }
    for field in fields {
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

  /// Whether it is the amount of one side of an account.
  private func isSided(_ header: ColumnHeader) -> Bool { !Self.sides.isDisjoint(with: header.keys) }

  private static let sides: Set = ["借方", "贷方", "借方金额", "贷方金额", "借方余额", "贷方余额", "soll", "haben", "debit", "credit", "dr", "cr"]

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
    if fields.contains("direction"), !isFound("direction"), given["amount"] == nil, let amount = columns["amount"],
      !isSided(header[amount])
    {
      let sided = header.filter(isSided)
      if sided.count > 1 {
        let names = sided.map(\.text).joined(separator: " and ")
        problems.append(
          ("columns", "have \(names), and nothing that says which way \(header[amount].text) is: say what the amount is (amount=HEADER)"))
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
