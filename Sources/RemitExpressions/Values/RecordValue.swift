/// A named type with fields, which the embedder describes.
public final class RecordType: Sendable {
  /// A field by its name and the type of its value.
  public struct Field: Sendable {
    public let name: String
    public let type: ValueType

    public init(_ name: String, _ type: ValueType) {
      self.name = name
      self.type = type
    }
  }

  /// Makes the value of `Name{field: value}`; the fields come with their index, in the order written.
  public typealias Construction = @Sendable (_ fields: [(index: Int, value: Value)]) throws(EvaluationError) -> Value

  /// With its package: "remit.ledger.v1.Item".
  public let name: String
  /// In the order of their indices.
  public let fields: [Field]
  /// What `Name{}` gives; another type than the record for a message that CEL maps to a value of its own.
  public let constructedType: ValueType
  let construction: Construction?
  private let positions: [String: Int]

  /// - Parameters:
  ///   - fields: of which an index is the place in this list. Of two with one name the first counts.
  ///   - construction: nil where expressions may not make such records.
  public init(
    _ name: String, fields: [Field], constructedType: ValueType? = nil, construction: Construction? = nil
  ) {
    self.name = name
    self.fields = fields
    self.constructedType = constructedType ?? .record(name)
    self.construction = construction
    positions = Dictionary(fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The place in `fields`; nil for a name that is none.
  public func index(of field: String) -> Int? { positions[field] }
}

/// A record's values, read by the index of a field in `recordType.fields`.
public protocol RecordValue: AnyObject, Sendable {
  /// The very one that the environment was made with: types are told apart as objects, not by name.
  var recordType: RecordType { get }
  /// The value of a field, or what stands for one that is not set.
  func value(at index: Int) -> Value
  /// What `has(record.field)` says.
  func hasValue(at index: Int) -> Bool
}
