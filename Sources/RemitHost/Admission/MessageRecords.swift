import RemitDocuments
import RemitExpressions
import RemitJSON

/// Messages as expressions see them: types of records by what descriptors say. `remit.type.v1.Money` is a money, a text whose field ends in `_on` a date, one
/// that ends in `_percent` a decimal, an enum the name of its value in small letters, every whole number an int.
final class MessageRecords: Sendable {
  /// Of the messages that can be reached from the one it was made for.
  let types: [String: RecordType]
  let schema: MessageSchema

  /// - Parameter own: fields of the company's own, which are those of the messages google.protobuf.Struct.
  init(from message: String, in schema: MessageSchema, own: [RecordType.Field] = []) {
    self.schema = schema
    var types: [String: RecordType] = ["google.protobuf.Struct": RecordType(Self.ownName, fields: own)]
    var left = [message]
    while let name = left.popLast() {
      guard types[name] == nil, let type = try? schema.message(name) else { continue }
      types[name] = RecordType(name, fields: type.fields.map { RecordType.Field($0.name, Self.type(of: $0, schema)) })
      for case .message(let inner) in type.fields.map(\.kind) { left.append(inner) }
    }
    self.types = types
  }

  /// As mistakes name it to people.
  private static let ownName = "custom"

  func record(_ message: DynamicMessage) -> Value {
    guard let type = types[message.type.name] else { return .null }
    return .record(MessageRecord(message, type, self))
  }

  // ---- types

  private static func type(of field: MessageSchema.Field, _ schema: MessageSchema) -> ValueType {
    if let entry = schema.mapEntry(field), entry.fields.count == 2 {
      return .map(one(entry.fields[0], isElement: true), one(entry.fields[1], isElement: true))
    }
    return field.isRepeated ? .list(one(field, isElement: true)) : one(field, isElement: false)
  }

  /// What may be absent is null then.
  private static func one(_ field: MessageSchema.Field, isElement: Bool) -> ValueType {
    func optional(_ type: ValueType) -> ValueType { isElement ? type : .nullable(type) }
    switch field.kind {
    case .bool: return .bool
    case .double, .float: return .double
    case .bytes: return .bytes
    case .enum: return .string
    case .string: return TextMeaning(field).map { optional($0.type) } ?? .string
    case .message("remit.type.v1.Money"): return optional(.money)
    case .message("google.protobuf.Timestamp"): return optional(.timestamp)
    case .message("google.protobuf.Duration"): return optional(.duration)
    case .message("google.protobuf.Struct"): return .record(ownName)
    case .message(let name): return .record(name)
    default: return .int
    }
  }

  /// Of one value of a field, as it is where it is there.
  static func elementType(of field: MessageSchema.Field) -> ValueType { one(field, isElement: true) }

  // ---- values

  fileprivate func value(of field: MessageSchema.Field, in message: DynamicMessage) -> Value {
    let values = message[field]
    if let entry = schema.mapEntry(field), entry.fields.count == 2 {
      let entries = values.compactMap { value -> MapValue.Entry? in
        guard case .message(let message) = value else { return nil }
        return MapValue.Entry(key: self.value(of: entry.fields[0], in: message), value: self.value(of: entry.fields[1], in: message))
      }
      return .map((try? MapValue(entries)) ?? .empty)
    }
    if field.isRepeated { return .list(values.map { one($0, field) }) }
    if let value = values.first { return one(value, field) }
    return absent(field, in: message)
  }

  private func absent(_ field: MessageSchema.Field, in message: DynamicMessage) -> Value {
    switch field.kind {
    case .bool: .bool(false)
    case .double, .float: .double(0)
    case .bytes: .bytes([])
    case .enum: one(.integer(0), field)
    case .string: TextMeaning(field) == nil ? .string("") : .null
    case .message("remit.type.v1.Money"), .message("google.protobuf.Timestamp"), .message("google.protobuf.Duration"): .null
    case .message: message.empty(of: field).map(record) ?? .null
    default: .int(0)
    }
  }

  private func one(_ value: DynamicMessage.Value, _ field: MessageSchema.Field) -> Value {
    switch (value, field.kind) {
    case (.bool(let value), _): return .bool(value)
    case (.float(let value), _): return .double(value)
    case (.bytes(let value), _): return .bytes(value)
    case (.text(let text), _): return TextMeaning(field)?.value(of: text) ?? (TextMeaning(field) == nil ? .string(text) : .null)
    case (.integer(let number), .enum(let name)):
      let words = (try? schema.enumType(name))?.names[Int32(clamping: number)]
      return .string(words.map { EnumWords.written($0, of: name) } ?? "\(number)")
    case (.integer(let number), _): return .int(Int64(clamping: number))
    case (.message(let message), .message("remit.type.v1.Money")): return MoneyText(message)?.value ?? .null
    case (.message(let message), .message("google.protobuf.Timestamp")):
      let (seconds, nanos) = message.secondsAndNanos
      return TimestampValue(seconds: seconds, nanoseconds: nanos).map { .timestamp($0) } ?? .null
    case (.message(let message), .message("google.protobuf.Duration")):
      let (seconds, nanos) = message.secondsAndNanos
      let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
      return isTooLong ? .null : .duration(DurationValue(nanoseconds: whole &+ Int64(nanos)))
    case (.message(let message), _): return record(message)
    }
  }
}

/// A message as a record. It shows what the message is at each time, also after that was changed.
private final class MessageRecord: RecordValue {
  let recordType: RecordType
  /// Only ever touched by the one task that judges the request.
  nonisolated(unsafe) private let message: DynamicMessage
  private let records: MessageRecords

  init(_ message: DynamicMessage, _ type: RecordType, _ records: MessageRecords) {
    self.message = message
    recordType = type
    self.records = records
  }

  func value(at index: Int) -> Value {
    if message.type.name == "google.protobuf.Struct" { return OwnFields(message)[recordType.fields[index]] ?? .null }
    return records.value(of: message.type.fields[index], in: message)
  }

  func hasValue(at index: Int) -> Bool {
    if message.type.name == "google.protobuf.Struct" { return OwnFields(message)[recordType.fields[index]] != nil }
    let field = message.type.fields[index]
    let values = message[field]
    guard let first = values.first else { return false }
    if field.isRepeated || field.oneof != nil { return true }
    return switch first {
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .text(let value): !value.isEmpty
    case .bytes(let value): !value.isEmpty
    case .message: true
    }
  }
}

/// What a text is by the name of its field.
enum TextMeaning {
  case date
  case decimal

  init?(_ field: MessageSchema.Field) {
    guard case .string = field.kind else { return nil }
    if field.name.hasSuffix("_on") {
      self = .date
    } else if field.name.hasSuffix("_percent") {
      self = .decimal
    } else {
      return nil
    }
  }

  var type: ValueType { self == .date ? .date : .decimal }

  /// nil: it is none such.
  func value(of text: String) -> Value? {
    switch self {
    case .date: DateValue(text).map { .date($0) }
    case .decimal: DecimalValue(text).map { .decimal($0) }
    }
  }
}

/// A remit.type.v1.Money taken apart.
struct MoneyText {
  let amount: String
  let currency: String

  init?(_ message: DynamicMessage) {
    guard let currency = message.type.byName["currency"], let amount = message.type.byName["amount"] else { return nil }
    self.currency = message.text(currency)
    self.amount = message.text(amount)
  }

  var value: Value? { DecimalValue(amount).flatMap { MoneyValue($0, currency: currency) }.map { .money($0) } }
}

extension DynamicMessage {
  /// Of a text that is not repeated.
  func text(_ field: MessageSchema.Field) -> String {
    if case .text(let text)? = self[field].first { text } else { "" }
  }

  /// Of a Timestamp or a Duration.
  fileprivate var secondsAndNanos: (Int64, Int32) {
    func number(_ name: String) -> Int128 {
      guard let field = type.byName[name], case .integer(let number)? = self[field].first else { return 0 }
      return number
    }
    return (Int64(clamping: number("seconds")), Int32(clamping: number("nanos")))
  }
}
