/// A part of a checked expression, with its type: for whoever translates expressions, to SQL for one.
public struct Node: Sendable {
  /// What it does, with its parts.
  public let kind: Kind
  /// Of what it gives; `dyn` where that is known only then.
  public let type: ValueType
  /// In the text's UTF-8 bytes; see `Expression.place(of:)`.
  let offset: Int

  /// The kinds of parts that there are.
  public indirect enum Kind: Sendable {
    case constant(Value)
    /// A variable of the environment, by its place there.
    case variable(String, slot: Int)
    /// A name that a comprehension or a binding brought, by its place among these.
    case local(String, index: Int)
    case field(FieldChoice)
    /// `has(operand.field)`
    case has(FieldChoice)
    /// An operator has the names of CEL's specification: "_+_", "_==_", "_[_]", "@in", "!_".
    case call(String, overloads: [Function], [Node])
    case and([Node])
    case or([Node])
    case conditional(Node, Node, Node)
    case list([Element])
    case map([Entry])
    case record(RecordType, [Field])
    case comprehension(Comprehension)
    /// `cel.bind`: the value is evaluated where the name is, if at all.
    case bind(String, index: Int, value: Node, body: Node)
    /// `optMap`, and `optFlatMap` where `isFlat`.
    case optionalMap(Node, String, index: Int, body: Node, isFlat: Bool)
    /// What is wrong, of an expression of which types are not checked.
    case failure(EvaluationError)
  }

  /// The choice of a field of a record, a map, a money, or an optional of one.
  public struct FieldChoice: Sendable {
    public let operand: Node
    public let name: String
    /// The field's place in its record type; nil for maps, and where the type is not known.
    public let index: Int?
    public let recordType: RecordType?
    /// `operand.?field`
    public let isOptional: Bool
  }

  /// An element of a list.
  public struct Element: Sendable {
    public let value: Node
    /// `[?value]`: left out where it is none.
    public let isOptional: Bool
  }

  /// An entry of a map.
  public struct Entry: Sendable {
    public let key: Node
    public let value: Node
    public let isOptional: Bool
  }

  /// A field that a record is made with, by its index in the record type.
  public struct Field: Sendable {
    public let index: Int
    public let value: Node
    public let isOptional: Bool
  }

  /// A macro that goes through a list or a map.
  public struct Comprehension: Sendable {
    public let kind: ComprehensionKind
    public let range: Node
    /// One name for elements or keys, or two for positions or keys, and values.
    public let names: [String]
    /// The places of these names among the locals.
    public let indices: [Int]
    /// What an element has to meet to count; nil where all do.
    public let filter: Node?
    public let body: Node
  }
}
