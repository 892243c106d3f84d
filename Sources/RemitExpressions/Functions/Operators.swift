/// The operators' types. What they do is in `Operators+Arithmetic.swift`, and in the code that the compiler makes.
enum Operators {
  static let names: Set<String> = [
    "!_", "-_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "_%_", "_[_]", "_[?_]", "@in",
  ]

  static let functions: [Function] = arithmetic + relations + access

  private static let exact: [(ValueType, ValueType)] = [(.decimal, .decimal), (.decimal, .int), (.int, .decimal)]

  private static let arithmetic: [Function] = {
    var list: [Function] = []
    let numbers: [ValueType] = [.int, .uint, .double]
    for name in ["_+_", "_-_", "_*_", "_/_"] { list += numbers.map { .declared(name, [$0, $0], $0) } }
    list += [ValueType.int, .uint].map { .declared("_%_", [$0, $0], $0) }
    for name in ["_+_", "_-_", "_*_", "_/_", "_%_"] { list += exact.map { .declared(name, [$0.0, $0.1], .decimal) } }
    list += [ValueType.int, .double, .decimal, .money, .period].map { .declared("-_", [$0], $0) }
    let a = ValueType.parameter("A")
    list += [
      .declared("_+_", [.string, .string], .string),
      .declared("_+_", [.bytes, .bytes], .bytes),
      .declared("_+_", [.list(a), .list(a)], .list(a)),
      .declared("_+_", [.timestamp, .duration], .timestamp),
      .declared("_+_", [.duration, .timestamp], .timestamp),
      .declared("_+_", [.duration, .duration], .duration),
      .declared("_-_", [.timestamp, .timestamp], .duration),
      .declared("_-_", [.timestamp, .duration], .timestamp),
      .declared("_-_", [.duration, .duration], .duration),
      .declared("_+_", [.money, .money], .money),
      .declared("_-_", [.money, .money], .money),
      .declared("_*_", [.money, .decimal], .money),
      .declared("_*_", [.money, .int], .money),
      .declared("_*_", [.decimal, .money], .money),
      .declared("_*_", [.int, .money], .money),
      .declared("_/_", [.money, .decimal], .money),
      .declared("_/_", [.money, .int], .money),
      .declared("_/_", [.money, .money], .decimal),
      .declared("_+_", [.date, .period], .date),
      .declared("_+_", [.period, .date], .date),
      .declared("_-_", [.date, .period], .date),
      .declared("_-_", [.date, .date], .int),
    ]
    return list
  }()

  private static let relations: [Function] = {
    let a = ValueType.parameter("A")
    var list: [Function] = []
    for name in ["_==_", "_!=_"] {
      list.append(.declared(name, [a, a], .bool))
      list.append(.declared(name, [.decimal, .int], .bool))
      list.append(.declared(name, [.int, .decimal], .bool))
    }
    let ordered: [ValueType] = [
      .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration, .decimal, .money, .date,
    ]
    let mixed: [(ValueType, ValueType)] = [
      (.int, .uint), (.uint, .int), (.int, .double), (.double, .int), (.uint, .double), (.double, .uint),
      (.decimal, .int), (.int, .decimal),
    ]
    for name in ["_<_", "_<=_", "_>_", "_>=_"] {
      list += ordered.map { .declared(name, [$0, $0], .bool) }
      list += mixed.map { .declared(name, [$0.0, $0.1], .bool) }
    }
    return list + [.declared("!_", [.bool], .bool)]
  }()

  private static let access: [Function] = {
    let (a, b) = (ValueType.parameter("A"), ValueType.parameter("B"))
    return [
      .declared("_[_]", [.list(a), .int], a),
      .declared("_[_]", [.map(a, b), a], b),
      .declared("_[_]", [.optional(.list(a)), .int], .optional(a)),
      .declared("_[_]", [.optional(.map(a, b)), a], .optional(b)),
      .declared("_[?_]", [.list(a), .int], .optional(a)),
      .declared("_[?_]", [.map(a, b), a], .optional(b)),
      .declared("_[?_]", [.optional(.list(a)), .int], .optional(a)),
      .declared("_[?_]", [.optional(.map(a, b)), a], .optional(b)),
      .declared("@in", [a, .list(a)], .bool),
      .declared("@in", [a, .map(a, b)], .bool),
      .declared("@in", [.decimal, .list(.int)], .bool),
      .declared("@in", [.int, .list(.decimal)], .bool),
    ]
  }()
}
