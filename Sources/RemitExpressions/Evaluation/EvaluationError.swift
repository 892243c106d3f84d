/// Why an expression has no value for these inputs.
public struct EvaluationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of error it is. There may be more kinds in time.
  public struct Code: Sendable, Hashable, RawRepresentable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let divisionByZero = Code(rawValue: "DIVISION_BY_ZERO")
    public static let overflow = Code(rawValue: "OVERFLOW")
    public static let outOfRange = Code(rawValue: "OUT_OF_RANGE")
    public static let noSuchKey = Code(rawValue: "NO_SUCH_KEY")
    public static let noSuchField = Code(rawValue: "NO_SUCH_FIELD")
    public static let noSuchOverload = Code(rawValue: "NO_SUCH_OVERLOAD")
    public static let invalidArgument = Code(rawValue: "INVALID_ARGUMENT")
    public static let currencyMismatch = Code(rawValue: "CURRENCY_MISMATCH")
    public static let unknownName = Code(rawValue: "UNKNOWN_NAME")
    public static let overBudget = Code(rawValue: "OVER_BUDGET")
    /// Of a function that the embedder added.
    public static let function = Code(rawValue: "FUNCTION")
  }

  /// What kind of error it is.
  public var code: Code { content.code }
  /// A sentence without a full stop, to stand after the name of what was evaluated.
  public var message: String { content.message }
  /// Where in the expression, where that is known.
  public var place: Place? { content.place }
  /// In the text's UTF-8 bytes.
  var offset: Int? { content.offset }

  // One word, so that what may throw it stays as small as what may not.
  private let content: Content

  private final class Content: Sendable {
    let code: Code
    let message: String
    let offset: Int?
    let place: Place?

    init(_ code: Code, _ message: String, offset: Int? = nil, place: Place? = nil) {
      (self.code, self.message, self.offset, self.place) = (code, message, offset, place)
    }
  }

  /// An error of the embedder's function or record.
  public init(_ code: Code, _ message: String) { content = Content(code, message) }

  private init(_ content: Content) { self.content = content }

  public static func == (left: EvaluationError, right: EvaluationError) -> Bool {
    left.code == right.code && left.message == right.message && left.offset == right.offset
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    hasher.combine(message)
  }

  public var description: String { message }

  func at(_ offset: Int) -> EvaluationError {
    content.offset == nil ? EvaluationError(Content(code, message, offset: offset)) : self
  }

  func at(_ place: Place) -> EvaluationError {
    EvaluationError(Content(code, message, offset: offset, place: place))
  }

  /// Whether `&&` and `||` may absorb it: everything but the end of the budget.
  var isAbsorbable: Bool { code != .overBudget }
}

extension EvaluationError {
  static let divisionByZero = EvaluationError(.divisionByZero, "division by zero")
  static let overBudget = EvaluationError(.overBudget, "the evaluation takes more steps than its budget allows")
  static let tooDeep = EvaluationError(.overBudget, "the value is nested too deeply")

  static func overflow(_ type: String) -> EvaluationError {
    EvaluationError(.overflow, "the result is too large for \(type)")
  }

  static func range(_ type: String) -> EvaluationError {
    EvaluationError(.outOfRange, "the result is out of the range of \(type)")
  }

  static func noOverload(_ function: String, _ arguments: [Value]) -> EvaluationError {
    let types = arguments.map { "\($0.type)" }.joined(separator: ", ")
    return EvaluationError(.noSuchOverload, "no such overload: \(function) of (\(types))")
  }

  static func noKey(_ key: Value) -> EvaluationError {
    EvaluationError(.noSuchKey, "no such key: \(key.brief)")
  }

  static func noField(_ name: String) -> EvaluationError {
    EvaluationError(.noSuchField, "no such field: '\(name)'")
  }

  static func unsupportedKey(_ key: Value) -> EvaluationError {
    EvaluationError(.invalidArgument, "a map's key is a bool, int, uint or string, not \(key.type)")
  }

  static func repeatedKey(_ key: Value) -> EvaluationError {
    EvaluationError(.invalidArgument, "the key \(key.brief) comes twice")
  }
}

extension Value {
  /// To be shown in a message.
  var brief: String {
    switch self {
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .uint(let value): "\(value)u"
    case .double(let value): "\(value)"
    case .string(let value): "'\(value.prefix(60))\(value.count > 60 ? "…" : "")'"
    default: "of \(type)"
    }
  }
}
