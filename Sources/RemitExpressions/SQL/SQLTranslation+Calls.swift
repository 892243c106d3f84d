/// Operators and functions.
extension SQLTranslation {
  private static let comparisons = ["_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="]
  private static let arithmetic = ["_+_": "+", "_-_": "-", "_*_": "*"]
  private static let dateParts = ["year": "YEAR", "month": "MONTH", "day": "DAY", "dayOfWeek": "ISODOW"]

  /// So many multiplications keep a number far below the 131,072 digits that a `numeric` has at most.
  private static let productMax = 100

  mutating func call(_ name: String, _ terms: [SQLTerm], _ node: Node, _ isFilter: Bool) throws(Problem) -> SQLTerm {
    if terms.count == 1, let term = unary(name, terms[0]) { return term }
    if terms.count == 2, let term = try binary(name, terms[0], terms[1], node, isFilter) { return term }
    let isOperator = Operators.names.contains(name)
    throw refusal("'\(isOperator ? CallText.text(name, terms.map(\.type), isMethod: false) : name)'", node)
  }

  private func unary(_ name: String, _ term: SQLTerm) -> SQLTerm? {
    switch (name, term.type) {
    case ("!_", .bool): SQLTerm("(NOT \(term.sql))", .bool, of: [term])
    case ("-_", .int), ("-_", .decimal), ("-_", .money):
      SQLTerm("(- \(term.number))", term.type, of: [term], currency: term.currency)
    case ("size", .string): SQLTerm("char_length(\(term.sql))", .int, of: [term])
    // Of the collation "C", so that only A to Z are changed.
    case ("lowerAscii", .string): SQLTerm("lower(\(term.sql) COLLATE \"C\")", .string, of: [term])
    case ("upperAscii", .string): SQLTerm("upper(\(term.sql) COLLATE \"C\")", .string, of: [term])
    case (_, .date): Self.dateParts[name].map { SQLTerm("EXTRACT(\($0) FROM \(term.sql))", .int, of: [term]) }
    default: nil
    }
  }

  private mutating func binary(
    _ name: String, _ left: SQLTerm, _ right: SQLTerm, _ node: Node, _ isFilter: Bool
  ) throws(Problem) -> SQLTerm? {
    switch name {
    case "_==_", "_!=_": return equality(left, right, isEqual: name == "_==_", isFilter)
    case "@in": return try membership(left, right, node, isFilter)
    case "contains", "startsWith", "endsWith": return search(name, left, right)
    case "_+_" where right.type == .date: return try moved(right, by: left, node, isBack: false)
    case "_+_" where left.type == .date: return try moved(left, by: right, node, isBack: false)
    case "_-_" where left.type == .date && right.type == .date: return SQLTerm("(\(left.sql) - \(right.sql))", .int, of: [left, right])
    case "_-_" where left.type == .date: return try moved(left, by: right, node, isBack: true)
    default: break
    }
    if let sign = Self.comparisons[name] { return comparison(left, sign, right) }
    guard let sign = Self.arithmetic[name] else { return nil }
    if sign == "*" { productCount += 1 }
    guard productCount <= Self.productMax else { throw refusal("more than \(Self.productMax) multiplications", node) }
    let sql = "(\(left.number) \(sign) \(right.number))"
    switch (left.type, right.type) {
    case (.money, .money) where sign != "*":
      return SQLTerm(sql: ofOneCurrency(left, right, sql), type: .money, mayFail: true, currency: left.currency)
    case (.money, .int) where sign == "*", (.money, .decimal) where sign == "*", (.int, .money) where sign == "*",
      (.decimal, .money) where sign == "*":
      return SQLTerm(sql, .money, of: [left, right], currency: left.currency ?? right.currency)
    case (.int, .int): return SQLTerm(sql, .int, of: [left, right])
    default: return left.type.isExact && right.type.isExact ? SQLTerm(sql, .decimal, of: [left, right]) : nil
    }
  }

  /// Of two currencies NULL.
  private func ofOneCurrency(_ left: SQLTerm, _ right: SQLTerm, _ sql: String) -> String {
    "CASE WHEN \(left.currency ?? "NULL") = \(right.currency ?? "NULL") THEN \(sql) END"
  }

  private func comparison(_ left: SQLTerm, _ sign: String, _ right: SQLTerm) -> SQLTerm? {
    guard left.type.isComparable(with: right.type) else { return nil }
    // The collation "C" is the order of code points.
    let sql = "(\(left.sql) \(sign) \(right.sql)\(left.type == .string ? " COLLATE \"C\"" : ""))"
    if left.type == .money { return SQLTerm(sql: ofOneCurrency(left, right, sql), type: .bool, mayFail: true) }
    return SQLTerm(sql, .bool, of: [left, right])
  }

  /// null equals null, which is not so of SQL's NULL, and an error stays an error, which is not so of IS DISTINCT FROM.
  private func equality(_ left: SQLTerm, _ right: SQLTerm, isEqual: Bool, _ isFilter: Bool) -> SQLTerm? {
    let mayFail = left.mayFail || right.mayFail
    func term(_ sql: String) -> SQLTerm { SQLTerm(sql: sql, type: .bool, mayFail: mayFail) }
    let (first, second) = (left.isNull, right.isNull)
    if left.type == .null || right.type == .null {
      let isNull = left.type == .null ? second : first
      return term(isEqual ? isNull : "(NOT \(isNull))")
    }
    guard left.type.isComparable(with: right.type) else { return nil }
    var same = "\(left.sql) = \(right.sql)"
    if left.type == .money {
      same = "CASE \(same) WHEN true THEN \(left.currency ?? "NULL") = \(right.currency ?? "NULL") WHEN false THEN false END"
    } else if left.nullTest == nil && right.nullTest == nil {
      return term("(\(left.sql) \(isEqual ? "=" : "<>") \(right.sql))")
    } else if isFilter && isEqual && (left.nullTest == nil || right.nullTest == nil) {
      return term("(\(same))")
    } else if !mayFail {
      return term("(\(left.sql) IS \(isEqual ? "NOT " : "")DISTINCT FROM \(right.sql))")
    }
    let sql = "CASE WHEN \(first) OR \(second) THEN \(first) AND \(second) ELSE \(same) END"
    return term(isEqual ? sql : "(NOT \(sql))")
  }

  /// In a list that is known, of values of its own type and perhaps null.
  private mutating func membership(
    _ element: SQLTerm, _ list: SQLTerm, _ node: Node, _ isFilter: Bool
  ) throws(Problem) -> SQLTerm? {
    guard case .list(let values)? = list.value, var name = element.type.sqlName, element.type != .money else { return nil }
    var (texts, hasNull): ([String], Bool) = ([], false)
    for value in values {
      if case .null = value {
        hasNull = true
        continue
      }
      guard element.type.isComparable(with: value.type) else { return nil }
      if value.type == .decimal { name = "numeric" }
      // By code points: with an accent after it, a quotation mark is another character to Swift, but not to PostgreSQL.
      let escaped = try text(of: value, node).unicodeScalars.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : "\($0)" }
      texts.append("\"\(escaped.joined())\"")
    }
    // Nothing is in an empty list, but what fails still fails.
    let found =
      texts.isEmpty
      ? "NULLIF(\(element.sql) IS NULL, true)" : "(\(element.sql) = ANY (\(parameter("{\(texts.joined(separator: ","))}", "\(name)[]"))))"
    let isPlain = element.nullTest == nil || isFilter && !hasNull
    let sql = isPlain ? found : "CASE WHEN \(element.isNull) THEN \(hasNull) ELSE \(found) END"
    return SQLTerm(sql: sql, type: .bool, mayFail: element.mayFail)
  }

  private func search(_ name: String, _ text: SQLTerm, _ part: SQLTerm) -> SQLTerm? {
    guard text.type == .string, part.type == .string else { return nil }
    let sql =
      switch name {
      case "contains": "(strpos(\(text.sql), \(part.sql)) > 0)"
      case "startsWith": "starts_with(\(text.sql), \(part.sql))"
      default: "(right(\(text.sql), char_length(\(part.sql))) = \(part.sql))"
      }
    return SQLTerm(sql, .bool, of: [text, part])
  }

  // MARK: Days

  /// By the months first, to the month's end where the day is none of it, as PostgreSQL does too; then by the days.
  private mutating func moved(_ date: SQLTerm, by term: SQLTerm, _ node: Node, isBack: Bool) throws(Problem) -> SQLTerm? {
    guard case .period(var period)? = term.value else { return nil }
    do throws(EvaluationError) {
      if isBack { period = try period.negated }
    } catch {
      throw Problem(offset: node.offset, message: error.message)
    }
    var sql = date.sql
    // Larger periods leave the years 1 to 9999 as these do, from any day.
    if period.months != 0 {
      let months = Int(min(max(period.months, -120_000), 120_000))
      let (low, high) = (max(12, 12 - months), min(119_999, 119_999 - months))
      let start = DateValue(year: low / 12, month: low % 12 + 1, day: 1)
      let end = DateValue(year: high / 12, month: high % 12 + 1, day: 1)?.endOfMonth
      sql = within(start, end, sql, "(\(sql) + \(parameter("\(months) months", "interval")))::date")
    }
    if period.days != 0 {
      let (days, numbers) = (Int(min(max(period.days, -4_000_000), 4_000_000)), DateValue.dayNumbers)
      let start = DateValue(dayNumber: max(numbers.lowerBound, numbers.lowerBound - days))
      let end = DateValue(dayNumber: min(numbers.upperBound, numbers.upperBound - days))
      sql = within(start, end, sql, "(\(sql) + \(parameter("\(days)", "int")))")
    }
    return SQLTerm(sql: sql, type: .date, mayFail: true)
  }

  /// NULL for a day that cannot be moved so: the expression fails, and PostgreSQL would not before its own last year.
  private mutating func within(_ start: DateValue?, _ end: DateValue?, _ date: String, _ moved: String) -> String {
    guard let start, let end else { return "NULL::date" }
    let (first, last) = (parameter(start.description, "date"), parameter(end.description, "date"))
    return "CASE WHEN \(date) BETWEEN \(first) AND \(last) THEN \(moved) END"
  }
}
