/// CEL's own functions on strings, bytes, lists and maps.
enum TextFunctions {
  static let all: [Function] = sizes + tests

  private static let sizes: [Function] = {
    let types: [ValueType] = [
      .string, .bytes, .list(.parameter("A")), .map(.parameter("A"), .parameter("B")),
    ]
    return types.map { .unary("size", $0, .int, size) } + types.map { .method("size", $0, .int, size) }
  }()

  @Sendable
  private static func size(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .string(let text):
      try meter.charge(text.utf8.count)
      return .int(Int64(text.unicodeScalars.count))
    case .bytes(let bytes): return .int(Int64(bytes.count))
    case .list(let list): return .int(Int64(list.count))
    case .map(let map): return .int(Int64(map.entries.count))
    default: return nil
    }
  }

  private static let tests: [Function] = [
    .method("startsWith", .string, .string, .bool) { text, start, meter throws(EvaluationError) in
      guard case .string(let text) = text, case .string(let start) = start else { return nil }
      try meter.charge(start.utf8.count)
      return .bool(text.utf8.starts(with: start.utf8))
    },
    .method("endsWith", .string, .string, .bool) { text, end, meter throws(EvaluationError) in
      guard case .string(let text) = text, case .string(let end) = end else { return nil }
      try meter.charge(end.utf8.count)
      return .bool(text.utf8.count >= end.utf8.count && text.utf8.suffix(end.utf8.count).elementsEqual(end.utf8))
    },
    .method("contains", .string, .string, .bool) { text, part, meter throws(EvaluationError) in
      guard case .string(let text) = text, case .string(let part) = part else { return nil }
      return .bool(try Search(Array(part.utf8), &meter).first(in: Array(text.utf8), &meter) != nil)
    },
    .method("matches", .string, .string, .bool, matches),
    .binary("matches", .string, .string, .bool, matches),
  ]

  @Sendable
  private static func matches(_ text: Value, _ pattern: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    guard case .string(let text) = text, case .string(let pattern) = pattern else { return nil }
    try meter.charge(pattern.utf8.count)
    return .bool(try Pattern(pattern).isFound(in: text, &meter))
  }
}

/// Finds a sequence in others in linear time, by Knuth, Morris and Pratt.
struct Search<Element: Equatable> {
  private let wanted: [Element]
  /// How much of the wanted is still found where the element after so many is another.
  private let borders: [Int]

  init(_ wanted: [Element], _ meter: inout Meter) throws(EvaluationError) {
    try meter.charge(wanted.count)
    var borders = [0]
    var border = 0
    for index in wanted.indices.dropFirst() {
      while border > 0, wanted[index] != wanted[border] { border = borders[border - 1] }
      if wanted[index] == wanted[border] { border += 1 }
      borders.append(border)
    }
    self.wanted = wanted
    self.borders = borders
  }

  /// - Parameter start: 0...`elements.count`
  func first(in elements: [Element], from start: Int = 0, _ meter: inout Meter) throws(EvaluationError) -> Int? {
    guard !wanted.isEmpty else { return start }
    try meter.charge(elements.count - start)
    var found = 0
    var index = start
    while index < elements.count {
      while found > 0, elements[index] != wanted[found] { found = borders[found - 1] }
      if elements[index] == wanted[found] { found += 1 }
      index += 1
      if found == wanted.count { return index - found }
    }
    return nil
  }
}
