/// A part of an expression in SQL, of which NULL stands for null as well as for an error.
struct SQLTerm {
  /// To stand beside any operator; of a money its amount, and empty for a list or a period.
  let sql: String
  /// Never nullable; `null` only for a known null.
  let type: ValueType
  /// Whether NULL may stand for an error, of which every comparison makes an error again.
  let mayFail: Bool
  /// SQL that is TRUE where it is null, FALSE where it is another value and NULL where it fails; nil where it is never null.
  var nullTest: String?
  /// Of a money.
  var currency: String?
  /// Where it is the same for all rows.
  var value: Value?

  /// `nullTest` also of what is never null.
  var isNull: String { nullTest ?? (mayFail ? "NULLIF(\(sql) IS NULL, true)" : "false") }

  /// As `numeric`, so that nothing that is computed with it overflows.
  var number: String { type == .int ? "\(sql)::numeric" : sql }

  var size: Int { sql.utf8.count + (nullTest?.utf8.count ?? 0) + (currency?.utf8.count ?? 0) }
}

extension SQLTerm {
  /// What fails where one of its parts is null or fails.
  init(_ sql: String, _ type: ValueType, of parts: [SQLTerm], currency: String? = nil) {
    let mayFail = parts.contains { $0.mayFail || $0.nullTest != nil }
    self.init(sql: sql, type: type, mayFail: mayFail, currency: currency)
  }
}

extension ValueType {
  /// What a value of it is in SQL, of a money its amount; nil where it is nothing there.
  var sqlName: String? {
    switch self {
    case .bool: "boolean"
    case .int: "bigint"
    case .decimal, .money: "numeric"
    case .string: "text"
    case .date: "date"
    case .timestamp: "timestamptz"
    default: nil
    }
  }

  /// int or decimal, which are compared and computed with one another.
  var isExact: Bool { self == .int || self == .decimal }

  var withoutNull: ValueType { if case .nullable(let type) = self { type } else { self } }

  func isComparable(with other: ValueType) -> Bool { sqlName != nil && (self == other || isExact && other.isExact) }
}
