import RemitExpressions
import SwiftProtobuf

extension Google_Protobuf_Value {
  /// Decimals, money, days, instants and durations as text.
  init(of value: Value) {
    self.init()
    switch value {
    case .null: nullValue = .nullValue
    case .bool(let value): boolValue = value
    case .int(let number): numberValue = Double(number)
    // JSON has no word for infinity.
    case .double(let number): if number.isFinite { numberValue = number } else { stringValue = "\(number)" }
    case .string(let text): stringValue = text
    case .list(let values): listValue = .with { $0.values = values.map(Self.init(of:)) }
    case .record(let record):
      let fields = record.recordType.fields.enumerated().map { ($1.name, Self(of: record.value(at: $0))) }
      structValue = .init(fields: Dictionary(fields, uniquingKeysWith: { first, _ in first }))
    case .map(let map):
      let fields = map.entries.map { (Self(of: $0.key).stringValue, Self(of: $0.value)) }
      structValue = .init(fields: Dictionary(fields, uniquingKeysWith: { first, _ in first }))
    case .decimal(let number): stringValue = "\(number)"
    case .money(let amount): stringValue = "\(amount)"
    case .date(let day): stringValue = "\(day)"
    case .timestamp(let instant): stringValue = "\(instant)"
    case .duration(let duration): stringValue = "\(duration)"
    case .period(let period): stringValue = "\(period)"
    default: stringValue = "\(value)"
    }
  }

  /// As a test of a decision table has it, and as expressions see JSON: whole numbers are int.
  var expressionValue: Value {
    switch kind {
    case .boolValue(let value): .bool(value)
    case .stringValue(let text): .string(text)
    case .numberValue(let number): number == number.rounded() && abs(number) < 9e15 ? .int(Int64(number)) : .double(number)
    case .listValue(let list): .list(list.values.map(\.expressionValue))
    case .structValue(let object):
      .map((try? MapValue(object.fields.map { .init(key: .string($0.key), value: $0.value.expressionValue) })) ?? .empty)
    default: .null
    }
  }
}
