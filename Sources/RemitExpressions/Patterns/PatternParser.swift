/// Reads RE2's syntax (github.com/google/re2/wiki/Syntax); groups only group, as nothing asks what they hold.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private var flags = Flags()

  private struct Flags {
    var ignoresCase = false
    var isMultiline = false
    var dotTakesLineFeed = false
  }

  static let lengthMax = 10_000
  static let repetitionMax = 1000
  private static let depthMax = 100

  static func parse(_ text: String) throws(EvaluationError) -> PatternSyntax {
    let scalars = Array(text.unicodeScalars)
    guard scalars.count <= lengthMax else { throw problem("has more than \(lengthMax) code points") }
    var parser = PatternParser(scalars: scalars)
    let syntax = try parser.alternatives()
    guard parser.position == scalars.count else { throw problem("has a ')' too many") }
    return syntax
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  static func problem(_ message: String) -> EvaluationError {
    EvaluationError(.invalidArgument, "the pattern \(message)")
  }

  private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard current == scalar else { return false }
    position += 1
    return true
  }

  private func starts(with text: String) -> Bool { scalars[position...].starts(with: text.unicodeScalars) }

  private mutating func alternatives() throws(EvaluationError) -> PatternSyntax {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthMax else { throw Self.problem("is nested too deeply") }
    var alternatives = [try sequence()]
    while take("|") { alternatives.append(try sequence()) }
    return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
  }

  private mutating func sequence() throws(EvaluationError) -> PatternSyntax {
    var parts: [PatternSyntax] = []
    while let scalar = current, scalar != "|", scalar != ")" {
      if starts(with: "\\Q") {
        position += 2
        while position < scalars.count, !starts(with: "\\E") {
          parts.append(literal(scalars[position]))
          position += 1
        }
        position = min(position + 2, scalars.count)
        continue
      }
      parts.append(try repeated(atom()))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repeated(_ atom: PatternSyntax) throws(EvaluationError) -> PatternSyntax {
    var result = atom
    var count = 0
    while let (min, max) = try repetition() {
      // `?` after a repetition asks for the shortest, which is found where the longest is.
      _ = take("?")
      count += 1
      guard count == 1 else { throw Self.problem("repeats a repetition") }
      result = .repetition(result, min: min, max: max)
    }
    return result
  }

  private mutating func repetition() throws(EvaluationError) -> (min: Int, max: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = position
    guard take("{"), let min = number() else {
      position = start
      return nil
    }
    var max: Int? = min
    if take(",") { max = current == "}" ? nil : number() ?? -1 }
    guard take("}"), max ?? 0 >= 0 else {
      position = start
      return nil
    }
    guard min <= Self.repetitionMax, max ?? 0 <= Self.repetitionMax, max.map({ $0 >= min }) ?? true else {
      throw Self.problem("repeats too often, or fewer times than it repeats")
    }
    return (min, max)
  }

  private mutating func number() -> Int? {
    let start = position
    while let digit = current, ("0"..."9").contains(digit), position - start < 6 { position += 1 }
    return Int(CodePoints.string(scalars[start..<position]))
  }

  private func literal(_ scalar: Unicode.Scalar) -> PatternSyntax {
    set(ScalarSet([scalar.value...scalar.value]))
  }

  private func set(_ set: ScalarSet) -> PatternSyntax { .set(flags.ignoresCase ? set.foldingCase() : set) }

  private mutating func atom() throws(EvaluationError) -> PatternSyntax {
    guard let scalar = current else { return .empty }
    switch scalar {
    case "(":
      position += 1
      return try group()
    case "[":
      position += 1
      return set(try bracket())
    case ".":
      position += 1
      return .set(flags.dotTakesLineFeed ? .all : .noLineFeed)
    case "^":
      position += 1
      return .assertion(flags.isMultiline ? .lineStart : .textStart)
    case "$":
      position += 1
      return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
    case "\\":
      position += 1
      return try escape()
    case "*", "+", "?": throw Self.problem("has nothing to repeat before '\(scalar)'")
    default:
      position += 1
      return literal(scalar)
    }
  }

  private mutating func group() throws(EvaluationError) -> PatternSyntax {
    let outer = flags
    if take("?") {
      if starts(with: "P<") || starts(with: "<") {
        guard let end = scalars[position...].firstIndex(of: ">"), current == "P" || !starts(with: "<="),
          !starts(with: "<!")
        else { throw Self.problem("has an unknown group") }
        position = end + 1
      } else {
        try readFlags()
        // `(?i)` holds to the end of the group around it.
        if take(")") { return .empty }
        guard take(":") else { throw Self.problem("has an unknown group") }
      }
    }
    let inner = try alternatives()
    guard take(")") else { throw Self.problem("has a '(' without its ')'") }
    flags = outer
    return inner
  }

  private mutating func readFlags() throws(EvaluationError) {
    var isOn = true
    while let scalar = current, scalar != ")", scalar != ":" {
      switch scalar {
      case "i": flags.ignoresCase = isOn
      case "m": flags.isMultiline = isOn
      case "s": flags.dotTakesLineFeed = isOn
      case "U": break
      case "-": isOn = false
      default: throw Self.problem("has an unknown group")
      }
      position += 1
    }
  }

  private mutating func escape() throws(EvaluationError) -> PatternSyntax {
    switch current {
    case "A": return assertion(.textStart)
    case "z": return assertion(.textEnd)
    case "b": return assertion(.wordBoundary)
    case "B": return assertion(.noWordBoundary)
    case "C": throw Self.problem("has '\\C', which takes a byte")
    default:
      if let set = try escapedSet() { return self.set(set) }
      return literal(try escapedScalar())
    }
  }

  private mutating func assertion(_ assertion: PatternAssertion) -> PatternSyntax {
    position += 1
    return .assertion(assertion)
  }

  /// A class after a backslash: `\d`, `\pL`, `\P{Lu}`.
  private mutating func escapedSet() throws(EvaluationError) -> ScalarSet? {
    guard let letter = current else { return nil }
    var set: ScalarSet
    switch letter {
    case "d", "D": set = .digits
    case "s", "S": set = .blanks
    case "w", "W": set = .wordParts
    case "p", "P": set = try unicodeSet()
    default: return nil
    }
    position += 1
    if ("A"..."Z").contains(letter) { set.isNegated.toggle() }
    return set
  }

  private mutating func unicodeSet() throws(EvaluationError) -> ScalarSet {
    position += 1
    var name = current.map { String($0) } ?? ""
    if take("{") {
      guard let end = scalars[position...].firstIndex(of: "}") else {
        throw Self.problem("has a '\\p{' without its '}'")
      }
      name = CodePoints.string(scalars[position..<end])
      position = end
    }
    let isNegated = name.hasPrefix("^")
    guard var set = ScalarSet.unicode(String(name.drop { $0 == "^" })) else {
      throw Self.problem("has an unknown class of Unicode: '\(name.prefix(20))'")
    }
    if isNegated { set.isNegated.toggle() }
    return set
  }

  private mutating func escapedScalar() throws(EvaluationError) -> Unicode.Scalar {
    guard let scalar = current else { throw Self.problem("ends with a backslash") }
    position += 1
    switch scalar {
    case "a": return "\u{07}"
    case "f": return "\u{0C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{0B}"
    case "x": return try hexScalar()
    case "0"..."7":
      var value = scalar.value - 0x30
      guard scalar == "0" || current.map({ ("0"..."7").contains($0) }) ?? false else {
        throw Self.problem("refers back to a group, which takes no linear time")
      }
      for _ in 0..<2 {
        guard let digit = current, ("0"..."7").contains(digit) else { break }
        value = value * 8 + digit.value - 0x30
        position += 1
      }
      return Unicode.Scalar(value) ?? "\u{FFFD}"
    default:
      guard scalar.isASCII, !Lexer.isLetter(UInt8(truncatingIfNeeded: scalar.value)) || scalar == "_",
        !Lexer.isDigit(UInt8(truncatingIfNeeded: scalar.value))
      else { throw Self.problem("has an unknown escape sequence: '\\\(scalar)'") }
      return scalar
    }
  }

  private mutating func hexScalar() throws(EvaluationError) -> Unicode.Scalar {
    var digits = scalars[position...].prefix(2)
    if take("{") {
      guard let end = scalars[position...].firstIndex(of: "}") else {
        throw Self.problem("has a '\\x{' without its '}'")
      }
      digits = scalars[position..<end]
      position = end + 1
    } else {
      position += digits.count
    }
    guard (1...8).contains(digits.count), let value = UInt32(CodePoints.string(digits), radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw Self.problem("has a '\\x' without digits of a code point") }
    return scalar
  }

  /// After its '['.
  private mutating func bracket() throws(EvaluationError) -> ScalarSet {
    var set = ScalarSet([])
    set.isNegated = take("^")
    var isFirst = true
    while isFirst || current != "]" {
      guard current != nil else { throw Self.problem("has a '[' without its ']'") }
      isFirst = false
      if let inner = try innerSet() {
        set.items += inner.isNegated ? [.not(ScalarSet(positive: inner))] : inner.items
        continue
      }
      let low = try bracketScalar()
      var high = low
      if current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
        position += 1
        high = try bracketScalar()
      }
      guard low <= high else { throw Self.problem("has a range that ends before it starts") }
      set.items.append(.range(low.value...high.value))
    }
    position += 1
    return set
  }

  private mutating func bracketScalar() throws(EvaluationError) -> Unicode.Scalar {
    if take("\\") { return try escapedScalar() }
    guard let scalar = current else { throw Self.problem("has a '[' without its ']'") }
    position += 1
    return scalar
  }

  /// A class within brackets: `[\d]` or `[[:alpha:]]`.
  private mutating func innerSet() throws(EvaluationError) -> ScalarSet? {
    if current == "\\", position + 1 < scalars.count {
      position += 1
      if let set = try escapedSet() { return set }
      position -= 1
      return nil
    }
    guard starts(with: "[:") else { return nil }
    var end = position + 2
    while end + 1 < scalars.count, scalars[end] != ":" || scalars[end + 1] != "]" { end += 1 }
    guard end + 1 < scalars.count else { return nil }
    let name = CodePoints.string(scalars[(position + 2)..<end])
    guard var set = ScalarSet.posix(String(name.drop { $0 == "^" })) else {
      throw Self.problem("has an unknown class: '[:\(name.prefix(20)):]'")
    }
    if name.hasPrefix("^") { set.isNegated.toggle() }
    position = end + 2
    return set
  }
}

extension ScalarSet {
  /// The same without its negation.
  init(positive set: ScalarSet) {
    items = set.items
    isNegated = false
  }
}
