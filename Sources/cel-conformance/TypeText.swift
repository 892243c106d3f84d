import RemitExpressions

/// Reads a type of the suite: "map(string, list(int))".
struct TypeText {
  private var rest: Substring

  static func type(_ text: String) throws -> ValueType {
    var reader = TypeText(rest: text[...])
    let type = try reader.type()
    guard reader.rest.isEmpty else { throw Case.Unreadable("the type \(text)") }
    return type
  }

  private mutating func type() throws -> ValueType {
    let name = String(rest.prefix { !"(), ".contains($0) })
    rest = rest.dropFirst(name.count)
    var parameters: [ValueType] = []
    if rest.first == "(" {
      repeat {
        rest = rest.dropFirst().drop { $0 == " " }
        parameters.append(try type())
      } while rest.first == ","
      guard rest.first == ")" else { throw Case.Unreadable("the type \(name)") }
      rest = rest.dropFirst()
    }
    return try Self.type(name, parameters)
  }

  private static func type(_ name: String, _ parameters: [ValueType]) throws -> ValueType {
    switch (name, parameters.count) {
    case ("list", 1): return .list(parameters[0])
    case ("map", 2): return .map(parameters[0], parameters[1])
    case ("wrapper", 1): return .nullable(parameters[0])
    case ("optional_type", 1): return .optional(parameters[0])
    case ("type", 1): return .type(parameters[0])
    case ("dyn", 0), ("any", 0), ("error", 0): return .dyn
    default: break
    }
    let plain: [String: ValueType] = [
      "int": .int, "uint": .uint, "double": .double, "bool": .bool, "string": .string, "bytes": .bytes, "null": .null,
      "timestamp": .timestamp, "duration": .duration, "type": .type(.dyn),
    ]
    if let type = plain[name] ?? WellKnownTypes.types[name] { return type }
    if name.hasPrefix("%") { return .parameter(String(name.dropFirst())) }
    return parameters.isEmpty && name.contains(".") ? .record(name) : .opaque(name, parameters)
  }
}
