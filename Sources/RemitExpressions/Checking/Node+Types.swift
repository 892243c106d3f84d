extension Node {
  /// The same tree with other types.
  func mapTypes(_ map: (ValueType) -> ValueType) -> Node {
    Node(kind: kind.mapNodes { $0.mapTypes(map) }, type: map(type), offset: offset)
  }
}

extension Node.Kind {
  /// The same with other parts.
  func mapNodes(_ map: (Node) -> Node) -> Node.Kind {
    switch self {
    case .constant, .variable, .local, .failure: self
    case .field(let choice): .field(choice.mapNodes(map))
    case .has(let choice): .has(choice.mapNodes(map))
    case .call(let name, let overloads, let arguments): .call(name, overloads: overloads, arguments.map(map))
    case .and(let terms): .and(terms.map(map))
    case .or(let terms): .or(terms.map(map))
    case .conditional(let condition, let yes, let no): .conditional(map(condition), map(yes), map(no))
    case .list(let elements): .list(elements.map { Node.Element(value: map($0.value), isOptional: $0.isOptional) })
    case .map(let entries):
      .map(entries.map { Node.Entry(key: map($0.key), value: map($0.value), isOptional: $0.isOptional) })
    case .record(let type, let fields):
      .record(type, fields.map { Node.Field(index: $0.index, value: map($0.value), isOptional: $0.isOptional) })
    case .comprehension(let loop):
      .comprehension(
        Node.Comprehension(
          kind: loop.kind, range: map(loop.range), names: loop.names, indices: loop.indices,
          filter: loop.filter.map(map), body: map(loop.body)))
    case .bind(let name, let index, let value, let body): .bind(name, index: index, value: map(value), body: map(body))
    case .optionalMap(let target, let name, let index, let body, let isFlat):
      .optionalMap(map(target), name, index: index, body: map(body), isFlat: isFlat)
    }
  }
}

extension Node.FieldChoice {
  fileprivate func mapNodes(_ map: (Node) -> Node) -> Node.FieldChoice {
    Node.FieldChoice(operand: map(operand), name: name, index: index, recordType: recordType, isOptional: isOptional)
  }
}
