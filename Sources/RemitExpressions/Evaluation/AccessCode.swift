/// A field of a record of which the type is known.
final class RecordFieldCode: Code {
  private let operand: any Code
  private let index: Int
  private let type: RecordType
  private let general: FieldCode

  init(_ operand: any Code, _ index: Int, _ type: RecordType, otherwise general: FieldCode) {
    (self.operand, self.index, self.type, self.general) = (operand, index, type, general)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let operand = try operand.value(&frame)
    if case .record(let record) = operand, record.recordType === type { return record.value(at: index) }
    return try general.choose(operand)
  }
}

/// A field of the main record, which most expressions ask of no other.
final class MainFieldCode: Code {
  private let index: Int
  init(_ index: Int) { self.index = index }
  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { frame.main.value(at: index) }
}

/// Stands where there is no main record, and is never asked.
final class NoRecord: RecordValue {
  static let value = NoRecord()
  let recordType = RecordType("", fields: [])
  func value(at index: Int) -> Value { .null }
  func hasValue(at index: Int) -> Bool { false }
}

/// A field of a variable that is a record, of which the type was looked at before the code is run.
final class VariableFieldCode: Code {
  private let slot: Int
  private let index: Int
  private let general: FieldCode

  init(_ variable: VariableCode, _ index: Int, otherwise general: FieldCode) {
    (slot, self.index, self.general) = (variable.slot, index, general)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    if slot < frame.inputs.count, case .record(let record) = frame.inputs[slot] { return record.value(at: index) }
    return try general.value(&frame)
  }
}

/// A field of whatever is found there: a map, a record, or an optional of one.
final class FieldCode: Code {
  private let operand: any Code
  private let name: String
  private let isOptional: Bool
  private let offset: Int

  init(_ operand: any Code, _ name: String, isOptional: Bool, at offset: Int) {
    (self.operand, self.name, self.isOptional, self.offset) = (operand, name, isOptional, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { try choose(operand.value(&frame)) }

  func choose(_ operand: Value) throws(EvaluationError) -> Value {
    if case .optional(let held) = operand {
      guard let held else { return .optional(nil) }
      return .optional(try FieldAccess.optionalField(of: held, name, offset))
    }
    if isOptional { return .optional(try FieldAccess.optionalField(of: operand, name, offset)) }
    switch operand {
    case .map(let map):
      guard let value = map[name: name] else { throw EvaluationError.noKey(.string(name)).at(offset) }
      return value
    case .record(let record):
      guard let index = record.recordType.index(of: name) else { throw EvaluationError.noField(name).at(offset) }
      return record.value(at: index)
    case .money(let money):
      guard let value = MoneyFunctions.field(name, of: money) else { throw EvaluationError.noField(name).at(offset) }
      return value
    default: throw FieldAccess.noFields(operand, name, offset)
    }
  }
}

final class HasCode: Code {
  private let operand: any Code
  private let name: String
  private let index: Int?
  private let type: RecordType?
  private let offset: Int

  init(_ operand: any Code, _ choice: Node.FieldChoice, at offset: Int) {
    (self.operand, name, index, type, self.offset) = (operand, choice.name, choice.index, choice.recordType, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    var operand = try operand.value(&frame)
    if case .optional(let held) = operand {
      guard let held else { return false }
      operand = held
    }
    switch operand {
    case .map(let map): return map[name: name] != nil
    case .record(let record):
      if let index, record.recordType === type { return record.hasValue(at: index) }
      guard let index = record.recordType.index(of: name) else { throw EvaluationError.noField(name).at(offset) }
      return record.hasValue(at: index)
    case .money(let money): return MoneyFunctions.field(name, of: money).map { _ in true } ?? false
    default: throw FieldAccess.noFields(operand, name, offset)
    }
  }
}

enum FieldAccess {
  static func optionalField(of value: Value, _ name: String, _ offset: Int) throws(EvaluationError) -> Value? {
    switch value {
    case .map(let map): return map[name: name]
    case .record(let record):
      guard let index = record.recordType.index(of: name) else { throw EvaluationError.noField(name).at(offset) }
      return record.hasValue(at: index) ? record.value(at: index) : nil
    case .money(let money): return MoneyFunctions.field(name, of: money)
    default: throw noFields(value, name, offset)
    }
  }

  static func noFields(_ value: Value, _ name: String, _ offset: Int) -> EvaluationError {
    EvaluationError(.noSuchKey, "no such key: '\(name)' of a value of type \(value.type)").at(offset)
  }
}

/// `list[i]`, `map[key]`, and of optionals of these.
final class IndexCode: Code {
  private let operand: any Code
  private let index: any Code
  private let isOptional: Bool
  private let offset: Int

  init(_ operand: any Code, _ index: any Code, isOptional: Bool, at offset: Int) {
    (self.operand, self.index, self.isOptional, self.offset) = (operand, index, isOptional, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let (operand, index) = (try operand.value(&frame), try index.value(&frame))
    do throws(EvaluationError) {
      if case .optional(let held) = operand {
        guard let held else { return .optional(nil) }
        return .optional(try Self.element(of: held, index))
      }
      let element = try Self.element(of: operand, index)
      if isOptional { return .optional(element) }
      guard let element else { throw Self.missing(operand, index) }
      return element
    } catch {
      throw error.at(offset)
    }
  }

  private static func element(of operand: Value, _ index: Value) throws(EvaluationError) -> Value? {
    switch operand {
    case .map(let map): return map[index]
    case .list(let list):
      guard case .int(let number)? = MapKey(index), MapKey(index) != nil else {
        throw EvaluationError(.invalidArgument, "a list's index is a whole number, not \(index.brief)")
      }
      return list.indices.contains(Int(number)) ? list[Int(number)] : nil
    default: throw .noOverload("_[_]", [operand, index])
    }
  }

  private static func missing(_ operand: Value, _ index: Value) -> EvaluationError {
    guard case .list(let list) = operand else { return .noKey(index) }
    return EvaluationError(.outOfRange, "index out of range: \(index.brief) of a list of \(list.count)")
  }
}
