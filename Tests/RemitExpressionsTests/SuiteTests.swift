import FoundationEssentials
import RemitExpressions
import Testing

/// `swift run cel-conformance ../shared/suites/cel` runs all of it; here is that no case is refused that has a value.
@Suite("CEL's conformance suite")
struct SuiteTests {
  @Test(
    "Cases without variables that are true are so here",
    .enabled(if: SuiteFolder.exists, "the suite is not at ../shared/suites/cel"))
  func trueCases() throws {
    struct Expectation: Decodable {
      struct Expect: Decodable {
        struct Value: Decodable { let bool: Bool? }
        let value: Value?
      }
      let expect: Expect
      let isUnchecked: Bool
      /// Cannot be read where there is one, so that only cases without variables are.
      let variables: [String]?

      private enum CodingKeys: String, CodingKey {
        case expect
        case isUnchecked = "disable_check"
        case variables = "type_env"
      }
    }
    let decoder = JSONDecoder()
    var count = 0
    for data in try SuiteFolder.lines() {
      let line = try decoder.decode(SuiteFolder.Line.self, from: data)
      guard let expectation = try? decoder.decode(Expectation.self, from: data), expectation.variables?.isEmpty ?? true,
        let wanted = expectation.expect.value?.bool, !line.needs.contains("proto"), !line.needs.contains("wkt"),
        !expectation.isUnchecked
      else { continue }
      let expression = try Expression(line.expr, in: Environment(container: line.container))
      #expect(try expression.holds([]) == wanted, "\(line.id)")
      count += 1
    }
    #expect(count > 100)
  }
}
