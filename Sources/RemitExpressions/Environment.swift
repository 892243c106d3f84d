/// What an expression may name, and what it may cost. Made once and shared: making it takes longer than an expression.
public final class Environment: Sendable {
  /// A value that is given for each evaluation.
  public struct Variable: Sendable {
    public let name: String
    public let type: ValueType
    /// How many elements, characters or bytes it has at most, for the estimate of cost.
    public let sizeMax: Int?

    /// - Parameter name: may have points: "request.user".
    public init(_ name: String, _ type: ValueType, sizeMax: Int? = nil) {
      self.name = name
      self.type = type
      self.sizeMax = sizeMax
    }
  }

  /// What bounds an expression before it is evaluated.
  public struct Limits: Sendable {
    /// In steps of an evaluation's budget, at worst.
    public var cost = 10_000_000
    /// Of a list, map, string or bytes of which no size is declared.
    public var assumedSize = 1000
    /// 10,000,000 steps, and 1,000 elements.
    public init() {}
  }

  /// Of which values are given in this order.
  public let variables: [Variable]
  /// Where names are looked for first: "remit.ledger.v1"; empty for nowhere.
  public let container: String
  /// What there is beside the operators.
  public let extensions: Set<Extension>
  /// What bounds an expression before it is evaluated.
  public let limits: Limits
  /// false for expressions that show errors of type when evaluated, as CEL has it for such as are not checked.
  public let checksTypes: Bool

  let slots: [String: Int]
  let functions: [String: [Function]]
  let records: [String: RecordType]
  let typeNames: [String: ValueType]
  /// "a.b." and "a." and "" for the container "a.b".
  let prefixes: [String]
  /// So many parts with points between them has the name of the most.
  let partMax: Int

  /// - Parameters:
  ///   - variables: of which the values are given in the same order; of two with one name the first counts.
  ///   - functions: of the embedder; such with one name are overloads, also of CEL's own.
  ///   - container: names are looked for in it first: "remit.ledger.v1".
  ///   - extensions: beside CEL's own functions, types and macros.
  public init(
    variables: [Variable] = [], functions: [Function] = [], records: [RecordType] = [], container: String = "",
    extensions: Set<Extension> = Set(Extension.allCases), limits: Limits = Limits(), checksTypes: Bool = true
  ) {
    self.variables = variables
    self.container = container
    self.extensions = extensions
    self.limits = limits
    self.checksTypes = checksTypes
    slots = Dictionary(variables.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var table: [String: [Function]] = [:]
    for list in Extension.allCases where extensions.contains(list) {
      for function in list.functions { table[function.name, default: []].append(function) }
    }
    for function in functions { table[function.name, default: []].append(function) }
    self.functions = table
    self.records = Dictionary(records.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var names = Extension.allCases.filter(extensions.contains).flatMap(\.types)
    names += records.map { ($0.name, $0.constructedType) }
    typeNames = Dictionary(names, uniquingKeysWith: { first, _ in first })
    partMax = [Array(slots.keys), Array(typeNames.keys), Array(table.keys), Array(self.records.keys)].joined()
      .reduce(1) { most, name in max(most, name.utf8.reduce(1) { $0 + ($1 == UInt8(ascii: ".") ? 1 : 0) }) }
    let parts = container.split(separator: ".")
    prefixes = (0...parts.count).reversed().map { count in parts.prefix(count).map { "\($0)." }.joined() }
  }
}

/// What there is beside the operators.
public enum Extension: String, Sendable, CaseIterable {
  /// CEL's own functions, types and macros.
  case standard
  case strings
  case math
  case optionals
  /// `all(i, v, …)`, `transformMap(k, v, …)` and so on, over positions or keys, and values.
  case twoVariables
  /// `cel.bind(name, value, expression)`
  case bindings
  /// `base64.encode`, `base64.decode`
  case encoders
  /// `cel.block`, which optimisers write.
  case block
  /// `ip`, `cidr` and what is asked of them.
  case network
  /// `decimal`, `money`, `date` and calendars.
  case amounts

  var functions: [Function] {
    switch self {
    case .standard: Operators.functions + ConversionFunctions.all + TextFunctions.all + TimeFunctions.all
    case .strings: StringFunctions.all + StringFormat.functions
    case .math: MathFunctions.all
    case .optionals: OptionalFunctions.all
    case .encoders: EncoderFunctions.all
    case .network: NetworkFunctions.all
    case .amounts: DecimalFunctions.all + MoneyFunctions.all + DateFunctions.all
    case .twoVariables, .bindings, .block: []
    }
  }

  var types: [(String, ValueType)] {
    switch self {
    case .standard:
      let named: [ValueType] = [
        .bool, .int, .uint, .double, .string, .bytes, .null, .list(.dyn), .map(.dyn, .dyn), .type(.dyn), .timestamp,
        .duration, .dyn,
      ]
      return named.map { ($0.name, $0) }
    case .optionals: return [("optional_type", .optional(.dyn))]
    case .amounts: return [.decimal, .money, .date, .period, .calendar].map { ($0.name, $0) }
    case .network: return [NetworkAddress.type, NetworkRange.type].map { ($0.name, $0) }
    default: return []
    }
  }
}
