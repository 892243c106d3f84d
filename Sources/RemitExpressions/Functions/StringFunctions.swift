/// CEL's extension for strings, by code points.
enum StringFunctions {
  static let all: [Function] = searches + parts + changes + lists

  typealias Scalars = [Unicode.Scalar]

  /// The code points of a string, which are counted.
  static func scalars(_ text: String, _ meter: inout Meter) throws(EvaluationError) -> Scalars {
    try meter.charge(text.utf8.count)
    return Array(text.unicodeScalars)
  }

  private static func index(_ number: Int64, in scalars: Scalars) throws(EvaluationError) -> Int {
    guard let index = Int(exactly: number), 0...scalars.count ~= index else {
      throw EvaluationError(.outOfRange, "index out of range: \(number)")
    }
    return index
  }

  private static let searches: [Function] = [
    .method("indexOf", .string, .string, .int) { text, part, meter throws(EvaluationError) in
      guard case .string(let text) = text, case .string(let part) = part else { return nil }
      return .int(Int64(try first(part, in: scalars(text, &meter), from: 0, &meter) ?? -1))
    },
    .method("indexOf", [.string, .string, .int], .int) { arguments, meter throws(EvaluationError) in
      guard let (text, part, start) = arguments.stringStringInt else { return nil }
      let scalars = try scalars(text, &meter)
      return .int(Int64(try first(part, in: scalars, from: index(start, in: scalars), &meter) ?? -1))
    },
    .method("lastIndexOf", .string, .string, .int) { text, part, meter throws(EvaluationError) in
      guard case .string(let text) = text, case .string(let part) = part else { return nil }
      let scalars = try scalars(text, &meter)
      return .int(Int64(try last(part, in: scalars, from: scalars.count, &meter) ?? -1))
    },
    .method("lastIndexOf", [.string, .string, .int], .int) { arguments, meter throws(EvaluationError) in
      guard let (text, part, start) = arguments.stringStringInt else { return nil }
      let scalars = try scalars(text, &meter)
      return .int(Int64(try last(part, in: scalars, from: index(start, in: scalars), &meter) ?? -1))
    },
  ]

  private static func first(
    _ part: String, in scalars: Scalars, from start: Int, _ meter: inout Meter
  ) throws(EvaluationError) -> Int? {
    try Search(Array(part.unicodeScalars), &meter).first(in: scalars, from: start, &meter)
  }

  /// Looks for it backwards, which is forwards in what is reversed.
  private static func last(
    _ part: String, in scalars: Scalars, from start: Int, _ meter: inout Meter
  ) throws(EvaluationError) -> Int? {
    let wanted = Array(part.unicodeScalars)
    guard wanted.count <= scalars.count else { return nil }
    let end = min(start, scalars.count - wanted.count) + wanted.count
    let search = try Search(Array(wanted.reversed()), &meter)
    let found = try search.first(in: Array(scalars[..<end].reversed()), &meter)
    return found.map { end - $0 - wanted.count }
  }

  private static let parts: [Function] = [
    .method("charAt", .string, .int, .string) { text, position, meter throws(EvaluationError) in
      guard case .string(let text) = text, case .int(let position) = position else { return nil }
      let scalars = try scalars(text, &meter)
      return .string(CodePoints.string(scalars[try index(position, in: scalars)...].prefix(1)))
    },
    .method("substring", .string, .int, .string) { text, start, meter throws(EvaluationError) in
      guard case .string(let text) = text, case .int(let start) = start else { return nil }
      let scalars = try scalars(text, &meter)
      return .string(CodePoints.string(scalars[try index(start, in: scalars)...]))
    },
    .method("substring", [.string, .int, .int], .string) { arguments, meter throws(EvaluationError) in
      guard arguments.count == 3, case .string(let text) = arguments[0], case .int(let start) = arguments[1],
        case .int(let end) = arguments[2]
      else { return nil }
      let scalars = try scalars(text, &meter)
      let (first, last) = (try index(start, in: scalars), try index(end, in: scalars))
      guard first <= last else {
        throw EvaluationError(.outOfRange, "invalid substring range. start: \(start), end: \(end)")
      }
      return .string(CodePoints.string(scalars[first..<last]))
    },
    .method("trim", .string, .string) { text, meter throws(EvaluationError) in
      guard case .string(let text) = text else { return nil }
      let rest = try scalars(text, &meter).drop { $0.properties.isWhitespace }
      let blanks = rest.reversed().prefix { $0.properties.isWhitespace }.count
      return .string(CodePoints.string(rest.dropLast(blanks)))
    },
  ]

  private static let changes: [Function] = [
    .method("lowerAscii", .string, .string) { text, meter throws(EvaluationError) in
      guard case .string(let text) = text else { return nil }
      try meter.charge(text.utf8.count)
      let bytes = text.utf8.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
      return .string(String(decoding: bytes, as: UTF8.self))
    },
    .method("upperAscii", .string, .string) { text, meter throws(EvaluationError) in
      guard case .string(let text) = text else { return nil }
      try meter.charge(text.utf8.count)
      let bytes = text.utf8.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 ? $0 & ~0x20 : $0 }
      return .string(String(decoding: bytes, as: UTF8.self))
    },
    .method("reverse", .string, .string) { text, meter throws(EvaluationError) in
      guard case .string(let text) = text else { return nil }
      return .string(CodePoints.string(try scalars(text, &meter).reversed()))
    },
    .method("replace", [.string, .string, .string], .string) { arguments, meter throws(EvaluationError) in
      guard arguments.count == 3 else { return nil }
      return try replace(arguments, limit: -1, &meter)
    },
    .method("replace", [.string, .string, .string, .int], .string) { arguments, meter throws(EvaluationError) in
      guard arguments.count == 4, case .int(let limit) = arguments[3] else { return nil }
      return try replace(arguments, limit: limit, &meter)
    },
    .unary("strings.quote", .string, .string) { text, meter throws(EvaluationError) in
      guard case .string(let text) = text else { return nil }
      return .string(quoted(try scalars(text, &meter)))
    },
  ]

  private static func replace(
    _ arguments: [Value], limit: Int64, _ meter: inout Meter
  ) throws(EvaluationError) -> Value? {
    guard case .string(let text) = arguments[0], case .string(let old) = arguments[1],
      case .string(let new) = arguments[2]
    else { return nil }
    let (scalars, wanted, other) = (try scalars(text, &meter), Array(old.unicodeScalars), Array(new.unicodeScalars))
    var result: Scalars = []
    var (position, left) = (0, limit < 0 ? Int64.max : limit)
    let search = try Search(wanted, &meter)
    while left > 0, position <= scalars.count {
      guard let found = try search.first(in: scalars, from: position, &meter) else { break }
      try meter.charge(other.count)
      left -= 1
      result += scalars[position..<found]
      result += other
      position = found + wanted.count
      if wanted.isEmpty {
        // An empty part is found before each code point and at the end.
        if position < scalars.count { result.append(scalars[position]) }
        position += 1
      }
    }
    if position < scalars.count { result += scalars[position...] }
    return .string(CodePoints.string(result))
  }

  private static let escapes: [Unicode.Scalar: String] = [
    "\u{07}": "\\a", "\u{08}": "\\b", "\u{0C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{0B}": "\\v",
    "\\": "\\\\", "\"": "\\\"",
  ]

  private static func quoted(_ scalars: Scalars) -> String {
    scalars.reduce(into: "\"") { $0 += escapes[$1] ?? String($1) } + "\""
  }

  private static let lists: [Function] = [
    .method("split", .string, .string, .list(.string)) { text, separator, meter throws(EvaluationError) in
      try split(text, separator, limit: -1, &meter)
    },
    .method("split", [.string, .string, .int], .list(.string)) { arguments, meter throws(EvaluationError) in
      guard arguments.count == 3, case .int(let limit) = arguments[2] else { return nil }
      return try split(arguments[0], arguments[1], limit: limit, &meter)
    },
    .method("join", .list(.string), .string) { list, meter throws(EvaluationError) in
      try join(list, .string(""), &meter)
    },
    .method("join", .list(.string), .string, .string) { list, separator, meter throws(EvaluationError) in
      try join(list, separator, &meter)
    },
  ]

  private static func split(
    _ text: Value, _ separator: Value, limit: Int64, _ meter: inout Meter
  ) throws(EvaluationError) -> Value? {
    guard case .string(let text) = text, case .string(let separator) = separator else { return nil }
    if limit == 0 { return .list([]) }
    let (scalars, wanted) = (try scalars(text, &meter), Array(separator.unicodeScalars))
    var parts: [Value] = []
    var position = 0
    let search = try Search(wanted, &meter)
    while limit < 0 || Int64(parts.count) < limit - 1 {
      if wanted.isEmpty {
        guard position + 1 < scalars.count else { break }
        parts.append(.string(String(scalars[position])))
        position += 1
      } else {
        guard let found = try search.first(in: scalars, from: position, &meter) else { break }
        parts.append(.string(CodePoints.string(scalars[position..<found])))
        position = found + wanted.count
      }
      try meter.charge(1)
    }
    if wanted.isEmpty, scalars.isEmpty { return .list([]) }
    parts.append(.string(CodePoints.string(scalars[position...])))
    return .list(parts)
  }

  private static func join(
    _ list: Value, _ separator: Value, _ meter: inout Meter
  ) throws(EvaluationError) -> Value? {
    guard case .list(let list) = list, case .string(let separator) = separator else { return nil }
    var result = ""
    for (index, element) in list.enumerated() {
      guard case .string(let text) = element else { return nil }
      try meter.charge(text.utf8.count + separator.utf8.count + 1)
      if index > 0 { result += separator }
      result += text
    }
    return .string(result)
  }
}

extension [Value] {
  fileprivate var stringStringInt: (String, String, Int64)? {
    guard count == 3, case .string(let first) = self[0], case .string(let second) = self[1],
      case .int(let third) = self[2]
    else { return nil }
    return (first, second, third)
  }
}
