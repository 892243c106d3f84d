/// Values of a column of which each stands for all those that its tests do not tell apart: those that the tests name, one between
/// each two neighbours, and one beyond each end.
enum TableWitnesses {
  /// What `values` compares; of more it gives nothing.
  private static let boundMax = 20_000
  /// Whether a test of more values can be met is not looked at, which takes the square of their number.
  private static let metMax = 200

  /// In their order, those that the type allows; nil where there would be too many.
  ///
  /// - Parameters:
  ///   - tests: of the column.
  ///   - currency: of a money where the tests name none.
  static func values(_ type: TableType, _ tests: [TableTest], currency: String = "XXX") -> [Value]? {
    bounds(type, tests, boundMax).map { values(type, $0, currency) }
  }

  /// false where surely no value of the type meets the test.
  static func canBeMet(_ test: TableTest, _ type: TableType) -> Bool {
    guard let bounds = bounds(type, [test], metMax) else { return true }
    var meter = Meter(budget: .max)
    return values(type, bounds, "XXX").contains { (try? test.holds($0, &meter)) == true }
  }

  private static func bounds(_ type: TableType, _ tests: [TableTest], _ max: Int) -> [Value]? {
    var bounds: [Value] = []
    type.domain?.gather(&bounds)
    for test in tests where bounds.count <= max { test.gather(&bounds) }
    return bounds.count <= max ? bounds : nil
  }

  private static func values(_ type: TableType, _ bounds: [Value], _ currency: String) -> [Value] {
    var found: [Value]
    switch type.kind {
    case .bool: found = [.bool(false), .bool(true)]
    case .string: found = texts(bounds, isClosed: type.ranking != nil)
    case .open: return [type.isNullable || type.base == .dyn ? .null : .list([])]
    default: found = line(bounds, type.kind, currency: currency)
    }
    var meter = Meter(budget: .max)
    if let domain = type.domain { found = found.filter { (try? domain.holds($0, &meter)) == true } }
    return type.isNullable ? found + [.null] : found
  }

  // MARK: Texts

  private static func texts(_ bounds: [Value], isClosed: Bool) -> [Value] {
    var seen: Set<[UInt8]> = []
    var texts: [Value] = []
    for case .string(let text) in bounds where seen.insert(Array(text.utf8)).inserted { texts.append(.string(text)) }
    guard !isClosed else { return texts }
    var other = "other"
    var number = 1
    while seen.contains(Array(other.utf8)) {
      number += 1
      other = "other\(number)"
    }
    return texts + [.string(other)]
  }

  // MARK: Ordered values

  private static func line(_ bounds: [Value], _ kind: TableType.Kind, currency: String) -> [Value] {
    guard kind == .money else { return line(sorted(bounds), start: start(kind, currency)) }
    var byCurrency: [String: [Value]] = [:]
    for case .money(let money) in bounds { byCurrency[money.currency, default: []].append(.money(money)) }
    if byCurrency.isEmpty { byCurrency[currency] = [] }
    return byCurrency.sorted { $0.key < $1.key }.flatMap { line(sorted($0.value), start: start(kind, $0.key)) }
  }

  private static func line(_ points: [Value], start: Value) -> [Value] {
    guard let first = points.first else { return [start] }
    var values = [beyond(first, towards: -1, limit: nil)].compactMap { $0 }
    for (index, point) in points.enumerated() {
      values.append(point)
      let next = index + 1 < points.count ? points[index + 1] : nil
      if let between = beyond(point, towards: 1, limit: next) { values.append(between) }
    }
    return values
  }

  private static func order(_ left: Value, _ right: Value) -> Order {
    var meter = Meter(budget: .max)
    return (try? left.order(right, &meter)) ?? .same
  }

  private static func sorted(_ values: [Value]) -> [Value] {
    var unique: [Value] = []
    for value in values.sorted(by: { order($0, $1) == .before }) where unique.last.map({ order($0, value) != .same }) ?? true {
      unique.append(value)
    }
    return unique
  }

  private static func start(_ kind: TableType.Kind, _ currency: String) -> Value {
    switch kind {
    case .int: .int(0)
    case .money: MoneyValue(DecimalValue(0 as Int64), currency: currency).map { .money($0) } ?? .null
    case .date: DateValue(year: 2026, month: 1, day: 1).map { .date($0) } ?? .null
    case .timestamp: TimestampValue("2026-01-01T00:00:00Z").map { .timestamp($0) } ?? .null
    case .duration: .duration(DurationValue(nanoseconds: 0))
    default: .decimal(DecimalValue(0 as Int64))
    }
  }

  /// The nearest that reads well on that side of the value; nil where there is none before the limit.
  private static func beyond(_ value: Value, towards sign: Int, limit: Value?) -> Value? {
    let wanted: Order = sign > 0 ? .after : .before
    return steps(value, sign).lazy.first { step in
      order(step, value) == wanted && limit.map { order(step, $0) == .before } ?? true
    }
  }

  private static func steps(_ value: Value, _ sign: Int) -> [Value] {
    switch value {
    case .int(let value):
      let (next, overflows) = value.addingReportingOverflow(Int64(sign))
      return overflows ? [] : [.int(next)]
    case .date(let value): return DateValue(dayNumber: value.dayNumber + sign).map { [.date($0)] } ?? []
    case .timestamp(let value):
      return [1_000_000_000, 1].compactMap { try? value.adding(nanoseconds: $0 * Int64(sign)) }.map { .timestamp($0) }
    case .duration(let value):
      return [Int64(1_000_000_000), 1].compactMap { step in
        let (next, overflows) = value.nanoseconds.addingReportingOverflow(step * Int64(sign))
        return overflows ? nil : .duration(DurationValue(nanoseconds: next))
      }
    case .decimal(let value): return decimals(value, sign).map { .decimal($0) }
    case .money(let value): return decimals(value.amount, sign).map { .money(value.with($0)) }
    default: return []
    }
  }

  /// A whole, a hundredth, a ten-thousandth; else the smallest that 38 digits hold.
  private static func decimals(_ value: DecimalValue, _ sign: Int) -> [DecimalValue] {
    let scales = [0, 2, 4] + (0...DecimalValue.scaleMax).reversed()
    return scales.compactMap { scale in DecimalValue(coefficient: Int128(sign), scale: scale).flatMap { try? value.adding($0) } }
  }
}
