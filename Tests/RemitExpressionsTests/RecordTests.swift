import RemitExpressions
import Testing

@Suite("Records, functions and the checked tree")
struct RecordTests {
  typealias Env = TestEnvironment

  @Test("Fields are read, asked for and given")
  func fields() throws {
    #expect(try Env.holds("it.number == 'INV-1' && has(it.number) && !has(it.note) && it.note == null"))
    #expect(try Env.holds("Item{number: 'A', days: 3}.days == 3 && Item{} == test.v1.Item{number: ''}"))
    #expect(try Env.holds("[it, Item{days: 100}].exists(i, i.days > 50)"))
    #expect(try Env.holds("it.?note.hasValue() == false && it.?number.orValue('') == 'INV-1'"))
    #expect(
      Env.errors("Item{dayz: 3}.days == 3") == [
        "1:6: test.v1.Item has no field 'dayz'; did you mean 'days'?"
      ])
    #expect(Env.errors("Item{days: 'x'}.days == 3") == ["1:12: the field 'days' is int, not string"])
  }

  @Test("A record of another type than declared is refused")
  func otherRecord() throws {
    final class Other: RecordValue {
      let recordType = RecordType("other", fields: [])
      func value(at index: Int) -> Value { .null }
      func hasValue(at index: Int) -> Bool { false }
    }
    let expression = try Expression("it.days == 1", in: Env.environment)
    #expect(throws: EvaluationError.self) { try expression.evaluate([.record(Other())]) }
    #expect(throws: EvaluationError.self) { try expression.evaluate([.int(1)]) }
    #expect(throws: EvaluationError.self) { try expression.evaluate([]) }
  }

  @Test("The embedder's functions are overloads beside CEL's own")
  func functions() throws {
    let environment = Environment(
      variables: [.init("x", .dyn)],
      functions: [
        Function("size", [.int], .int) { arguments throws(EvaluationError) in arguments[0] },
        Function("greet", [.string], .string, isMethod: true) { arguments throws(EvaluationError) in
          guard case .string(let name) = arguments[0] else { return .null }
          return .string("hello " + name)
        },
        Function("fx.rate", [.string, .string], .decimal, cost: 10) { _ throws(EvaluationError) in
          throw EvaluationError(.function, "no rate is known")
        },
      ])
    #expect(try Expression("size(3) == 3 && size('abc') == 3 && size(x) == 4", in: environment).holds([.int(4)]))
    #expect(try Expression("'you'.greet() == 'hello you'", in: environment).holds([]))
    let error = #expect(throws: EvaluationError.self) {
      try Expression("1 == 1 && fx.rate('EUR', 'USD') > 1", in: environment).evaluate([])
    }
    #expect(error?.code == .function && error?.place?.column == 14)
  }

  @Test("The checked tree has names resolved and types for all")
  func tree() throws {
    let expression = try Expression("it.days > x && it.number in ['a']", in: Env.environment)
    guard case .and(let terms) = expression.root.kind, case .call("_>_", let overloads, let arguments) = terms[0].kind,
      case .field(let choice) = arguments[0].kind, case .variable("it", 0) = choice.operand.kind
    else {
      Issue.record("another tree: \(expression.root)")
      return
    }
    #expect(expression.type == .bool && arguments[0].type == .int && choice.index == 4)
    #expect(overloads.count == 1 && overloads[0].parameters == [.int, .int])
    #expect(expression.place(of: terms[0]).column == 9)
  }
}
