/// A map from bool, int, uint or string to any value, which keeps the order in which it was written.
public final class MapValue: Sendable {
  /// A key and its value.
  public struct Entry: Sendable {
    public let key: Value
    public let value: Value
    public init(key: Value, value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// In the order in which they were written.
  public let entries: [Entry]
  /// Empty for small maps, in which looking at each key is faster.
  private let positions: [MapKey: Int]
  private static let indexedFrom = 9

  /// The map without entries.
  public static let empty = MapValue(unique: [])

  /// - Throws: where a key is of another type, or comes twice.
  public init(_ entries: [Entry]) throws(EvaluationError) {
    var positions: [MapKey: Int] = [:]
    positions.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      if case .double = entry.key { throw .unsupportedKey(entry.key) }
      guard let key = MapKey(entry.key) else { throw .unsupportedKey(entry.key) }
      guard positions.updateValue(index, forKey: key) == nil else { throw .repeatedKey(entry.key) }
    }
    self.entries = entries
    self.positions = entries.count >= Self.indexedFrom ? positions : [:]
  }

  /// - Parameter values: under names that differ.
  public convenience init(_ values: [String: Value]) {
    self.init(unique: values.map { Entry(key: .string($0.key), value: $0.value) })
  }

  private init(unique entries: [Entry]) {
    self.entries = entries
    var positions: [MapKey: Int] = [:]
    if entries.count >= Self.indexedFrom {
      for (index, entry) in entries.enumerated() {
        if let key = MapKey(entry.key) { positions[key] = index }
      }
    }
    self.positions = positions
  }

  /// A number finds the key of equal value, whatever its type.
  public subscript(_ key: Value) -> Value? {
    guard let wanted = MapKey(key) else { return nil }
    return self[wanted]
  }

  subscript(name name: String) -> Value? { self[MapKey.string(name)] }

  private subscript(_ wanted: MapKey) -> Value? {
    if entries.count >= Self.indexedFrom { return positions[wanted].map { entries[$0].value } }
    for entry in entries where MapKey(entry.key) == wanted { return entry.value }
    return nil
  }
}

/// A key by its value: 1, 1u and 1.0 are one.
enum MapKey: Hashable, Sendable {
  case bool(Bool)
  case int(Int64)
  /// Only above what `int` holds.
  case uint(UInt64)
  case string(String)

  init?(_ value: Value) {
    switch value {
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .uint(let value): self = Int64(exactly: value).map { .int($0) } ?? .uint(value)
    case .string(let value): self = .string(value)
    case .double(let value):
      if let whole = Int64(exactly: value) {
        self = .int(whole)
      } else if let whole = UInt64(exactly: value) {
        self = .uint(whole)
      } else {
        return nil
      }
    default: return nil
    }
  }

  static func == (left: MapKey, right: MapKey) -> Bool {
    switch (left, right) {
    case (.bool(let left), .bool(let right)): left == right
    case (.int(let left), .int(let right)): left == right
    case (.uint(let left), .uint(let right)): left == right
    case (.string(let left), .string(let right)): CodePoints.same(left, right)
    default: false
    }
  }

  func hash(into hasher: inout Hasher) {
    switch self {
    case .bool(let value): hasher.combine(value)
    case .int(let value): hasher.combine(value)
    case .uint(let value): hasher.combine(value)
    case .string(var value): value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }
}
