import RemitExpressions

/// A record whose values are known; what is null is not there.
final class PlainRecord: RecordValue {
  let recordType: RecordType
  private let values: [Value]

  /// - Parameter values: of the type's fields, in their order; those at the end that are left out are null.
  init(_ type: RecordType, _ values: [Value]) {
    recordType = type
    self.values = values
  }

  func value(at index: Int) -> Value { index < values.count ? values[index] : .null }
  func hasValue(at index: Int) -> Bool { if case .null = value(at: index) { false } else { true } }
}
