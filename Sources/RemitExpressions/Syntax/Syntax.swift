/// A part of an expression as it was written, with its macros expanded.
final class Syntax: Sendable {
  enum Kind: Sendable {
    case literal(Value)
    /// `isAbsolute` for a name with a point before it.
    case identifier(String, isAbsolute: Bool)
    case select(Syntax, String, isOptional: Bool)
    case has(Syntax, String)
    case call(String, target: Syntax?, arguments: [Syntax])
    case and([Syntax])
    case or([Syntax])
    case conditional(Syntax, Syntax, Syntax)
    case list([Element])
    case map([Entry])
    /// The name without a point before it, whatever `isAbsolute`.
    case record(String, isAbsolute: Bool, [Field])
    case comprehension(Comprehension)
    case bind(name: String, value: Syntax, body: Syntax)
    case optionalMap(Syntax, name: String, body: Syntax, isFlat: Bool)
  }

  struct Element: Sendable {
    let value: Syntax
    let isOptional: Bool
  }

  struct Entry: Sendable {
    let key: Syntax
    let value: Syntax
    let isOptional: Bool
  }

  struct Field: Sendable {
    let name: String
    let offset: Int
    let value: Syntax
    let isOptional: Bool
  }

  struct Comprehension: Sendable {
    let kind: ComprehensionKind
    let range: Syntax
    /// One or two names.
    let names: [String]
    let filter: Syntax?
    let body: Syntax
  }

  let kind: Kind
  /// In UTF-8 bytes; of an operator where there is one, or of a field's name.
  let offset: Int
  /// How many levels there are below it, and itself.
  let depth: Int

  /// No tree is deeper, so that those who walk it may recurse: over one of this depth within a stack of 1 MiB.
  static let depthMax = 250

  init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
    depth = 1 + kind.childDepth
  }
}

/// What is made of a list's elements, or a map's entries.
public enum ComprehensionKind: String, Sendable {
  case all, exists, existsOne, map, filter, transformList, transformMap, transformMapEntry
}

extension Syntax.Kind {
  fileprivate var childDepth: Int {
    switch self {
    case .literal, .identifier: 0
    case .select(let operand, _, _), .has(let operand, _): operand.depth
    case .call(_, let target, let arguments): max(target?.depth ?? 0, deepest(arguments))
    case .and(let terms), .or(let terms): deepest(terms)
    case .conditional(let condition, let yes, let no): max(condition.depth, yes.depth, no.depth)
    case .list(let elements): elements.reduce(0) { max($0, $1.value.depth) }
    case .map(let entries): entries.reduce(0) { max($0, $1.key.depth, $1.value.depth) }
    case .record(_, _, let fields): fields.reduce(0) { max($0, $1.value.depth) }
    case .comprehension(let loop): max(loop.range.depth, loop.filter?.depth ?? 0, loop.body.depth)
    // One may hold the other, so that what is made of them is as deep as both.
    case .bind(_, let value, let body): value.depth + body.depth
    case .optionalMap(let target, _, let body, _): target.depth + body.depth
    }
  }

  private func deepest(_ syntax: [Syntax]) -> Int { syntax.reduce(0) { max($0, $1.depth) } }
}
