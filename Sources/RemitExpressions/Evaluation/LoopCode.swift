/// What all comprehensions have in common: the elements, or keys and values, that they go through.
struct Loop: Sendable {
  let range: any Code
  /// Of the local for the element or key; or for the position or key where `second` is that of the value.
  let first: Int
  let second: Int?
  /// How many steps one turn takes at least.
  let weight: Int
  let offset: Int

  /// - Parameter turn: gives false to end.
  @inline(__always)
  func run(
    _ frame: inout Frame, _ turn: (inout Frame, Value) throws(EvaluationError) -> Bool
  ) throws(EvaluationError) {
    switch try range.value(&frame) {
    case .list(let list):
      for (position, element) in list.enumerated() {
        try frame.meter.charge(weight)
        if let second {
          frame.locals[first] = .some(.int(Int64(position)))
          frame.locals[second] = .some(element)
          if try !turn(&frame, .int(Int64(position))) { return }
        } else {
          frame.locals[first] = .some(element)
          if try !turn(&frame, element) { return }
        }
      }
    case .map(let map):
      for entry in map.entries {
        try frame.meter.charge(weight)
        frame.locals[first] = .some(entry.key)
        if let second { frame.locals[second] = .some(entry.value) }
        if try !turn(&frame, entry.key) { return }
      }
    case let other:
      throw EvaluationError(.noSuchOverload, "no such overload: a comprehension goes through \(other.type)").at(offset)
    }
  }
}

/// `all` and `exists`, which absorb errors as `&&` and `||` do.
final class QuantifierCode: Code {
  private let loop: Loop
  private let body: any Code
  /// What one element decides: true for `exists`, false for `all`.
  private let decisive: Bool

  init(_ loop: Loop, _ body: any Code, decisive: Bool) {
    (self.loop, self.body, self.decisive) = (loop, body, decisive)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    var failure: EvaluationError?
    var isDecided = false
    try loop.run(&frame) { (frame, _) throws(EvaluationError) in
      do throws(EvaluationError) {
        isDecided = try body.bool(&frame) == decisive
      } catch {
        guard error.isAbsorbable else { throw error }
        failure = failure ?? error
      }
      return !isDecided
    }
    if isDecided { return decisive }
    if let failure { throw failure }
    return !decisive
  }
}

final class ExistsOneCode: Code {
  private let loop: Loop
  private let body: any Code

  init(_ loop: Loop, _ body: any Code) { (self.loop, self.body) = (loop, body) }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    var count = 0
    try loop.run(&frame) { (frame, _) throws(EvaluationError) in
      if try body.bool(&frame) { count += 1 }
      return true
    }
    return .bool(count == 1)
  }
}

/// `map`, `filter` and `transformList`.
final class ListLoopCode: Code {
  private let loop: Loop
  private let filter: (any Code)?
  /// nil for `filter`, which keeps the element.
  private let body: (any Code)?

  init(_ loop: Loop, filter: (any Code)?, body: (any Code)?) {
    (self.loop, self.filter, self.body) = (loop, filter, body)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    var values: [Value] = []
    try loop.run(&frame) { (frame, element) throws(EvaluationError) in
      if let filter, try !filter.bool(&frame) { return true }
      if let body {
        values.append(try body.value(&frame))
      } else {
        values.append(element)
      }
      return true
    }
    return .list(values)
  }
}

/// `transformMap` and `transformMapEntry`.
final class MapLoopCode: Code {
  private let loop: Loop
  private let filter: (any Code)?
  private let body: any Code
  private let givesEntries: Bool

  init(_ loop: Loop, filter: (any Code)?, body: any Code, givesEntries: Bool) {
    (self.loop, self.filter, self.body, self.givesEntries) = (loop, filter, body, givesEntries)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    var entries: [MapValue.Entry] = []
    try loop.run(&frame) { (frame, key) throws(EvaluationError) in
      if let filter, try !filter.bool(&frame) { return true }
      let value = try body.value(&frame)
      if !givesEntries {
        entries.append(MapValue.Entry(key: key, value: value))
      } else if case .map(let map) = value {
        try frame.meter.charge(map.entries.count)
        entries += map.entries
      } else {
        throw EvaluationError.noOverload("transformMapEntry", [value]).at(loop.offset)
      }
      return true
    }
    do throws(EvaluationError) {
      return .map(try MapValue(entries))
    } catch {
      throw error.at(loop.offset)
    }
  }
}
