/// A call of one argument, of which one or more overloads may fit.
final class UnaryCallCode: Code {
  private let name: String
  private let bodies: [Function.Body.Unary]
  private let argument: any Code
  private let offset: Int

  init(_ name: String, _ bodies: [Function.Body.Unary], _ argument: any Code, at offset: Int) {
    (self.name, self.bodies, self.argument, self.offset) = (name, bodies, argument, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let argument = try argument.value(&frame)
    do throws(EvaluationError) {
      for body in bodies {
        if let value = try body(argument, &frame.meter) { return value }
      }
      throw .noOverload(name, [argument])
    } catch {
      throw error.at(offset)
    }
  }
}

final class BinaryCallCode: Code {
  private let name: String
  private let bodies: [Function.Body.Binary]
  private let first: any Code
  private let second: any Code
  private let offset: Int

  init(_ name: String, _ bodies: [Function.Body.Binary], _ first: any Code, _ second: any Code, at offset: Int) {
    (self.name, self.bodies, self.first, self.second, self.offset) = (name, bodies, first, second, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let (first, second) = (try first.value(&frame), try second.value(&frame))
    do throws(EvaluationError) {
      for body in bodies {
        if let value = try body(first, second, &frame.meter) { return value }
      }
      throw .noOverload(name, [first, second])
    } catch {
      throw error.at(offset)
    }
  }
}

final class CallCode: Code {
  private let name: String
  private let bodies: [Function.Body]
  private let arguments: [any Code]
  private let offset: Int

  init(_ name: String, _ bodies: [Function.Body], _ arguments: [any Code], at offset: Int) {
    (self.name, self.bodies, self.arguments, self.offset) = (name, bodies, arguments, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    var values: [Value] = []
    values.reserveCapacity(arguments.count)
    for argument in arguments { values.append(try argument.value(&frame)) }
    do throws(EvaluationError) {
      for body in bodies {
        if let value = try Self.call(body, values, &frame.meter) { return value }
      }
      throw .noOverload(name, values)
    } catch {
      throw error.at(offset)
    }
  }

  private static func call(
    _ body: Function.Body, _ values: [Value], _ meter: inout Meter
  ) throws(EvaluationError) -> Value? {
    switch body {
    case .unary(let body): return values.count == 1 ? try body(values[0], &meter) : nil
    case .binary(let body): return values.count == 2 ? try body(values[0], values[1], &meter) : nil
    case .list(let body): return try body(values, &meter)
    case .none: return nil
    }
  }
}
