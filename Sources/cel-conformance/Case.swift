import FoundationEssentials
import RemitExpressions

/// A line of the suite.
struct Case {
  enum Expectation {
    case value(Value)
    case typed(Value?, ValueType)
    case error
  }

  /// What cannot be read of a line.
  struct Unreadable: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  let json: JSON
  let id: String
  let profile: String
  let needs: [String]

  init(line: Substring) throws {
    json = try JSONDecoder().decode(JSON.self, from: Data(line.utf8))
    id = json["id"]?.string ?? "?"
    profile = json["profile"]?.string ?? "?"
    needs = json["needs"]?.array?.compactMap(\.string) ?? []
  }

  var text: String { json["expr"]?.string ?? "" }
  var container: String { json["container"]?.string ?? "" }

  func flag(_ name: String) -> Bool { json[name]?.bool ?? false }

  func expectation() throws -> Expectation {
    let expect = json["expect"]
    let value = try expect?["value"].flatMap { json in
      if case .null = json { Value?.none } else { try TaggedValue.value(json) }
    }
    switch expect?["kind"]?.string {
    case "error": return .error
    case "typed": return .typed(value, try TypeText.type(expect?["type"]?.string ?? ""))
    case "value":
      guard let value else { throw Unreadable("no value is expected") }
      return .value(value)
    case let kind: throw Unreadable("an expectation of the kind \(kind ?? "?")")
    }
  }

  /// The variables, of which those with a value come first, and the values.
  func variables() throws -> [(variable: Environment.Variable, value: Value?)] {
    var types: [String: ValueType] = [:]
    for declaration in json["type_env"]?.array ?? [] {
      guard let name = declaration["name"]?.string, let type = declaration["ident"]?.string else { continue }
      types[name] = try TypeText.type(type)
    }
    var values: [String: Value] = [:]
    if case .object(let bindings)? = json["bindings"] {
      for (name, binding) in bindings {
        guard let value = binding["value"] else { throw Unreadable("a variable without a value: \(name)") }
        values[name] = try TaggedValue.value(value)
        if flag("disable_check"), types[name] == nil { types[name] = .dyn }
      }
    }
    let declared = types.map { (variable: Environment.Variable($0.key, $0.value), value: values[$0.key]) }
    return declared.sorted { ($0.value == nil ? 1 : 0, $0.variable.name) < ($1.value == nil ? 1 : 0, $1.variable.name) }
  }

  func functions() throws -> [Function] {
    try (json["type_env"]?.array ?? []).flatMap { declaration in
      try (declaration["function"]?.array ?? []).map { overload in
        Function(
          declaring: declaration["name"]?.string ?? "",
          try (overload["params"]?.array ?? []).compactMap(\.string).map(TypeText.type),
          try TypeText.type(overload["result"]?.string ?? ""), isMethod: overload["instance"]?.bool ?? false)
      }
    }
  }
}
