final class ListCode: Code {
  private let elements: [(code: any Code, isOptional: Bool)]
  private let offset: Int

  init(_ elements: [(code: any Code, isOptional: Bool)], at offset: Int) {
    (self.elements, self.offset) = (elements, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    try frame.meter.charge(elements.count)
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    for element in elements {
      let value = try element.code.value(&frame)
      if element.isOptional {
        if let held = try Optionals.held(by: value, offset) { values.append(held) }
      } else {
        values.append(value)
      }
    }
    return .list(values)
  }
}

final class MapCode: Code {
  private let entries: [(key: any Code, value: any Code, isOptional: Bool)]
  private let offset: Int

  init(_ entries: [(key: any Code, value: any Code, isOptional: Bool)], at offset: Int) {
    (self.entries, self.offset) = (entries, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    try frame.meter.charge(entries.count)
    var values: [MapValue.Entry] = []
    values.reserveCapacity(entries.count)
    for entry in entries {
      let key = try entry.key.value(&frame)
      let value = try entry.value.value(&frame)
      if entry.isOptional {
        if let held = try Optionals.held(by: value, offset) { values.append(MapValue.Entry(key: key, value: held)) }
      } else {
        values.append(MapValue.Entry(key: key, value: value))
      }
    }
    do throws(EvaluationError) {
      return .map(try MapValue(values))
    } catch {
      throw error.at(offset)
    }
  }
}

final class RecordCode: Code {
  private let construction: RecordType.Construction
  private let fields: [(index: Int, code: any Code, isOptional: Bool)]
  private let offset: Int

  init(
    _ construction: @escaping RecordType.Construction, _ fields: [(index: Int, code: any Code, isOptional: Bool)],
    at offset: Int
  ) {
    (self.construction, self.fields, self.offset) = (construction, fields, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    try frame.meter.charge(fields.count + 1)
    var values: [(index: Int, value: Value)] = []
    for field in fields {
      let value = try field.code.value(&frame)
      if field.isOptional {
        if let held = try Optionals.held(by: value, offset) { values.append((field.index, held)) }
      } else {
        values.append((field.index, value))
      }
    }
    do throws(EvaluationError) {
      return try construction(values)
    } catch {
      throw error.at(offset)
    }
  }
}

enum Optionals {
  static func held(by value: Value, _ offset: Int) throws(EvaluationError) -> Value? {
    guard case .optional(let held) = value else {
      throw EvaluationError(.noSuchOverload, "after '?' an optional is expected, not \(value.type)").at(offset)
    }
    return held
  }
}
