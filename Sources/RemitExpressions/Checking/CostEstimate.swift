/// How many steps an expression takes at worst, from the sizes that its variables may have.
struct CostEstimate {
  /// Elements, characters or bytes of a value, and those of what it holds.
  private indirect enum Size {
    case one
    case many(Int, of: Size)

    var count: Int { if case .many(let count, _) = self { count } else { 1 } }
    var element: Size { if case .many(_, let element) = self { element } else { .one } }
    /// Of all that it holds, for functions that look at all of it.
    var total: Int {
      if case .many(let count, let element) = self { CostEstimate.product(count, element.total) } else { 1 }
    }
  }

  private let environment: Environment
  private var locals: [Int: Size] = [:]

  init(_ environment: Environment) { self.environment = environment }

  mutating func cost(of node: Node) -> Int { estimate(node).cost }

  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, overflows) = left.addingReportingOverflow(right)
    return overflows ? .max : sum
  }

  private static func product(_ left: Int, _ right: Int) -> Int {
    let (product, overflows) = left.multipliedReportingOverflow(by: right)
    return overflows ? .max : product
  }

  private func size(of type: ValueType, _ count: Int? = nil) -> Size {
    let count = count ?? environment.limits.assumedSize
    switch type {
    case .string, .bytes: return .many(count, of: .one)
    case .list(let element): return .many(count, of: size(of: element))
    case .map(_, let value): return .many(count, of: size(of: value))
    case .optional(let type), .nullable(let type): return size(of: type, count)
    case .dyn: return .many(count, of: .one)
    default: return .one
    }
  }

  private static func size(of value: Value) -> Size {
    switch value {
    case .string(let text): .many(text.utf8.count, of: .one)
    case .bytes(let bytes): .many(bytes.count, of: .one)
    default: .one
    }
  }

  private static func larger(_ left: Size, _ right: Size) -> Size { left.total >= right.total ? left : right }

  private mutating func estimate(_ node: Node) -> (cost: Int, size: Size) {
    switch node.kind {
    case .constant(let value): return (1, Self.size(of: value))
    case .variable(_, let slot):
      let variable = environment.variables[slot]
      return (1, size(of: variable.type, variable.sizeMax))
    case .local(_, let index): return (1, locals[index] ?? size(of: node.type))
    case .failure: return (1, .one)
    case .field(let choice), .has(let choice):
      let operand = estimate(choice.operand)
      if case .many(_, let element) = operand.size, choice.index == nil { return (Self.sum(operand.cost, 1), element) }
      return (Self.sum(operand.cost, 1), size(of: node.type))
    case .call(let name, _, let arguments): return call(name, arguments, node.type)
    case .and(let terms), .or(let terms): return (total(terms), .one)
    case .conditional(let condition, let yes, let no):
      let (test, yes, no) = (estimate(condition).cost, estimate(yes), estimate(no))
      return (Self.sum(test, Self.sum(1, max(yes.cost, no.cost))), Self.larger(yes.size, no.size))
    case .list(let elements): return aggregate(elements.map(\.value), count: elements.count)
    case .map(let entries): return aggregate(entries.flatMap { [$0.key, $0.value] }, count: entries.count)
    case .record(_, let fields): return (aggregate(fields.map(\.value), count: 1).cost, .one)
    case .comprehension(let loop): return comprehension(loop)
    case .bind(_, let index, let value, let body):
      let bound = estimate(value)
      locals[index] = bound.size
      let result = estimate(body)
      return (Self.sum(bound.cost, result.cost), result.size)
    case .optionalMap(let target, _, let index, let body, _):
      let bound = estimate(target)
      locals[index] = bound.size
      let result = estimate(body)
      return (Self.sum(bound.cost, result.cost), result.size)
    }
  }

  private mutating func total(_ nodes: [Node]) -> Int {
    nodes.reduce(1) { Self.sum($0, estimate($1).cost) }
  }

  private mutating func aggregate(_ nodes: [Node], count: Int) -> (cost: Int, size: Size) {
    var (cost, largest) = (1, Size.one)
    for node in nodes {
      let part = estimate(node)
      cost = Self.sum(cost, part.cost)
      largest = Self.larger(largest, part.size)
    }
    return (cost, .many(count, of: largest))
  }

  private mutating func call(_ name: String, _ arguments: [Node], _ type: ValueType) -> (cost: Int, size: Size) {
    var cost = 1
    var sizes: [Size] = []
    for argument in arguments {
      let part = estimate(argument)
      cost = Self.sum(cost, part.cost)
      sizes.append(part.size)
    }
    let first = sizes.first ?? .one
    switch name {
    case "_[_]", "_[?_]": return (Self.sum(cost, 1), first.element)
    case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_":
      return (Self.sum(cost, sizes.map(\.total).min() ?? 1), .one)
    case "_+_":
      let count = sizes.reduce(0) { Self.sum($0, $1.count) }
      let element = sizes.map(\.element).reduce(.one, Self.larger)
      let result = if case .one = size(of: type) { Size.one } else { Size.many(count, of: element) }
      return (Self.sum(cost, count), result)
    // Each pair of a character and a part of the pattern, as RE2 bounds it.
    case "matches": return (Self.sum(cost, Self.product(first.count, max(1, (sizes.last ?? .one).count))), .one)
    case "size", "!_", "-_": return (Self.sum(cost, first.count), .one)
    default:
      let total = sizes.reduce(0) { Self.sum($0, $1.total) }
      if case .one = size(of: type) { return (Self.sum(cost, total), .one) }
      let count = resultCount(name, sizes, total)
      return (Self.sum(cost, Self.sum(total, count)), .many(count, of: first.element))
    }
  }

  /// How large what a function gives is at most.
  private func resultCount(_ name: String, _ sizes: [Size], _ total: Int) -> Int {
    let first = sizes.first ?? .one
    switch name {
    case "dyn", "optional.of", "optional.ofNonZeroValue", "value", "first", "last": return first.total
    // Each code point by the other string, and one more at the end.
    case "replace": return Self.product(Self.sum(first.count, 1), Self.sum(total, 1))
    case "join": return Self.sum(first.total, Self.product(first.count, Self.sum(total, 1)))
    // A number takes 1,000 places and some 300 before the point at most.
    case "format": return Self.sum(Self.product(2, total), Self.product(1400, Self.sum(sizes.last?.total ?? 1, 1)))
    case "strings.quote", "base64.encode": return Self.sum(Self.product(2, total), 8)
    default: return Self.sum(total, 64)
    }
  }

  private mutating func comprehension(_ loop: Node.Comprehension) -> (cost: Int, size: Size) {
    let range = estimate(loop.range)
    let isMap = if case .map = loop.range.type { true } else { false }
    let element = range.size.element
    if loop.indices.count == 1 {
      locals[loop.indices[0]] = isMap ? .many(environment.limits.assumedSize, of: .one) : element
    } else {
      locals[loop.indices[0]] = isMap ? .many(environment.limits.assumedSize, of: .one) : .one
      locals[loop.indices[1]] = element
    }
    let filter = loop.filter.map { estimate($0).cost } ?? 0
    let body = estimate(loop.body)
    let turn = Self.sum(1, Self.sum(filter, body.cost))
    let held = loop.kind == .filter ? element : body.size
    return (Self.sum(range.cost, Self.product(range.size.count, turn)), .many(range.size.count, of: held))
  }
}
