extension Environment {
  /// The same with further variables after its own, which hide such of the same name.
  func adding(_ further: [Variable]) -> Environment {
    let names = Set(further.map(\.name))
    // What is hidden keeps its place, under a name that cannot be written.
    let own = variables.map { names.contains($0.name) ? Variable("@\($0.name)", $0.type, sizeMax: $0.sizeMax) : $0 }
    // Those of the extensions come first under each name, and are added again.
    var counts: [String: Int] = [:]
    for list in Extension.allCases where extensions.contains(list) {
      for function in list.functions { counts[function.name, default: 0] += 1 }
    }
    let custom = functions.flatMap { name, overloads in overloads.dropFirst(counts[name] ?? 0) }
    return Environment(
      variables: own + further, functions: custom, records: Array(records.values), container: container, extensions: extensions,
      limits: limits, checksTypes: checksTypes)
  }
}
