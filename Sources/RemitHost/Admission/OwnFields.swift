import RemitExpressions
import RemitJSON

/// The fields of a company's own in a message's `custom` (google.protobuf.Struct), each in one form: a whole number and a bool as such, a decimal as text, a day
/// as ISO 8601, a money as {currency, amount}.
struct OwnFields {
  private let message: DynamicMessage

  init(_ message: DynamicMessage) { self.message = message }

  /// The names that there are.
  var names: [String] { entries.map(\.name) }

  /// nil: it is not there, is null, or is not of the field's type.
  subscript(_ field: RecordType.Field) -> Value? {
    entries.first { $0.name == field.name }.flatMap { Self.value($0.value, field.type.unwrapped) }
  }

  /// Whether something stands there that is not of the field's type.
  func isUnreadable(_ field: RecordType.Field) -> Bool {
    guard let value = entries.first(where: { $0.name == field.name })?.value, value.kind != "null_value" else { return false }
    return Self.value(value, field.type.unwrapped) == nil
  }

  /// Brings what stands there into its one form.
  ///
  /// - Returns: whether that changed anything.
  func canonicalize(_ field: RecordType.Field, scale: Int) -> Bool {
    guard let entry = entries.first(where: { $0.name == field.name }), var value = Self.value(entry.value, field.type.unwrapped) else {
      return false
    }
    if case .decimal(let number) = value { value = .decimal(number.padded(to: scale) ?? number) }
    let before = entry.value.wire
    set(field.name, value)
    return entries.first { $0.name == field.name }?.value.wire != before
  }

  /// nil takes it away.
  func set(_ name: String, _ value: Value?) {
    guard let map = message.type.byName["fields"] else { return }
    var kept = message[map].filter { value in
      guard case .message(let entry) = value else { return false }
      return Self.key(of: entry) != name
    }
    if let value, let entry = message.empty(of: map), let key = entry.type.byName["key"], let inner = entry.type.byName["value"],
      let target = entry.message(of: inner)
    {
      entry[key] = [.text(name)]
      Self.write(value, to: target)
      kept.append(.message(entry))
    }
    message[map] = kept
  }

  private struct Entry {
    let name: String
    let value: DynamicMessage
  }

  private var entries: [Entry] {
    guard let map = message.type.byName["fields"] else { return [] }
    return message[map].compactMap { value in
      guard case .message(let entry) = value, let field = entry.type.byName["value"] else { return nil }
      guard case .message(let inner)? = entry[field].first else { return nil }
      return Entry(name: Self.key(of: entry), value: inner)
    }
  }

  private static func key(of entry: DynamicMessage) -> String { entry.type.byName["key"].map(entry.text) ?? "" }

  private static func value(_ message: DynamicMessage, _ type: ValueType) -> Value? {
    switch (type, message.member) {
    case (.string, .text(let text)?): return .string(text)
    case (.bool, .bool(let value)?): return .bool(value)
    case (.int, .float(let number)?): return number == number.rounded() && abs(number) <= 9_007_199_254_740_992 ? .int(Int64(number)) : nil
    case (.decimal, .text(let text)?): return DecimalValue(text).map { .decimal($0) }
    // As JSON writers send it; what binary floating point cannot say exactly they write with few digits.
    case (.decimal, .float(let number)?):
      return number == number.rounded() && abs(number) < 9e15
        ? .decimal(DecimalValue(Int64(number))) : DecimalValue("\(number)").map { .decimal($0) }
    case (.date, .text(let text)?): return DateValue(text).map { .date($0) }
    // As files and command lines have it.
    case (.int, .text(let text)?):
      guard let number = Int64(text), number.magnitude <= 9_007_199_254_740_992 else { return nil }
      return .int(number)
    case (.bool, .text("true")?), (.bool, .text("false")?):
      return .bool(message.member.map { if case .text("true") = $0 { true } else { false } } ?? false)
    case (.money, .text(let text)?):
      let parts = text.split(separator: " ")
      guard parts.count == 2, let amount = DecimalValue(String(parts[0])) else { return nil }
      return MoneyValue(amount, currency: String(parts[1])).map { .money($0) }
    case (.money, .message(let inner)?) where message.kind == "struct_value":
      let own = OwnFields(inner)
      guard case .string(let currency)? = own[.init("currency", .string)], case .decimal(let amount)? = own[.init("amount", .decimal)],
        Set(own.names) == ["currency", "amount"]
      else { return nil }
      return MoneyValue(amount, currency: currency).map { .money($0) }
    default: return nil
    }
  }

  /// Of JSON in its one form.
  static func value(_ json: JSONValue, _ type: ValueType) -> Value? {
    switch (type, json) {
    case (.bool, .bool(let value)): return .bool(value)
    case (.int, .number(let text)): return DecimalValue(text).flatMap { Int64("\($0)") }.map { .int($0) }
    case (.string, .string(let text)): return .string(text)
    case (.decimal, .string(let text)): return DecimalValue(text).map { .decimal($0) }
    case (.date, .string(let text)): return DateValue(text).map { .date($0) }
    case (.money, .object):
      guard let amount = json["amount"]?.string.flatMap({ DecimalValue($0) }), let currency = json["currency"]?.string else { return nil }
      return MoneyValue(amount, currency: currency).map { .money($0) }
    default: return nil
    }
  }

  private static func write(_ value: Value, to message: DynamicMessage) {
    func set(_ name: String, _ value: DynamicMessage.Value) { if let field = message.type.byName[name] { message[field] = [value] } }
    switch value {
    case .bool(let value): set("bool_value", .bool(value))
    case .int(let number): set("number_value", .float(Double(number)))
    case .string(let text): set("string_value", .text(text))
    case .decimal(let number): set("string_value", .text(number.description))
    case .date(let date): set("string_value", .text(date.description))
    case .money(let money):
      guard let field = message.type.byName["struct_value"], let inner = message.message(of: field) else { return }
      OwnFields(inner).set("currency", .string(money.currency))
      OwnFields(inner).set("amount", .decimal(money.amount))
    default: set("null_value", .integer(0))
    }
  }
}

extension DynamicMessage {
  /// The name of what a google.protobuf.Value holds.
  fileprivate var kind: String { type.fields.first { !self[$0].isEmpty }?.name ?? "null_value" }
  fileprivate var member: DynamicMessage.Value? { type.fields.lazy.compactMap { self[$0].first }.first }
}

extension ValueType {
  var unwrapped: ValueType { if case .nullable(let type) = self { type } else { self } }
}

extension DecimalValue {
  /// With so many decimals at least; nil where it becomes too long.
  fileprivate func padded(to scale: Int) -> DecimalValue? {
    guard scale > self.scale else { return self }
    var coefficient = coefficient
    for _ in self.scale..<scale {
      let (product, isTooLong) = coefficient.multipliedReportingOverflow(by: 10)
      if isTooLong { return nil }
      coefficient = product
    }
    return DecimalValue(coefficient: coefficient, scale: scale)
  }
}
