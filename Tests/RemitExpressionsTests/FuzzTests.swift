import FoundationEssentials
import RemitExpressions
import Testing

@Suite("Nothing traps")
struct FuzzTests {
  typealias Env = TestEnvironment

  private static let tokens = [
    "x", "s", "list", "it", "any", "now", "calendar", "1", "0", "-1", "2u", "1.5", "9223372036854775807", "1e308",
    "'a'",
    "'é'", "b'\\xff'", "true", "null", "+", "-", "*", "/", "%", "==", "<", "in", "&&", "||", "!", "?", ":", "(", ")",
    "[",
    "]", "{", "}", ",", ".", ".?", "[?", ".map(e, ", ".filter(e, ", ".all(e, ", ".exists_one(e, ", ".size()", "has(",
    "cel.bind(v, ", "v", "e", "decimal('1.5')", "money('1', 'EUR')", "date('2026-01-05')", "days(3)", "duration('1h')",
    "timestamp(0)", "optional.of(", ".optMap(o, ", ".matches('a*')", ".format([", "int(", "string(", "type(", "dyn(",
    "math.greatest(", ".substring(", ".replace('', 'b')", "sum(", "round(", ".transformMap(k, e, ", "ip('::1')",
    "it.amount", "it.due_on", "Item{days: 1}", "addBusinessDays(", "lists", "'%s %.3f'", "`x`", "\\", "🏠",
  ]

  private static let seeds = [
    "it.amount > money('1', 'EUR') && it.days >= 30 || it.number in ['a', 'b']", "list.map(e, e * x).filter(e, e > 1)",
    "s.matches('^[a-z]+$') ? s.substring(1, 2) : s + 'b'", "{'a': 1, 2: [x], true: null}[s]",
    "date(now, 'UTC') + months(1)",
    "cel.bind(v, decimal('1.5') / 7, round(v * x, 2))", "'%d %s %.2f'.format([x, list, 1.5])",
    "optional.of(x).optMap(o, o + 1)",
    "[1, 2u, 3.0, 'x', b'y'].exists(e, e == any)", "duration('1h') + timestamp('2026-01-05T00:00:00Z')",
  ]

  /// Whatever comes of it, but a trap.
  private func run(_ text: String, in environments: [Environment]) {
    for environment in environments {
      guard let expression = try? Expression(text, in: environment) else { continue }
      _ = try? expression.evaluate(Env.values, budget: 20_000)
    }
  }

  private var environments: [Environment] {
    [
      Env.environment,
      Environment(
        variables: Env.environment.variables, records: [TestItem.type], container: "test.v1", checksTypes: false),
    ]
  }

  @Test("Expressions of random tokens")
  func soup() {
    var random = SeededRandom(seed: 1)
    let environments = environments
    for _ in 0..<2000 {
      let count = Int.random(in: 1...20, using: &random)
      let text = (0..<count).map { _ in Self.tokens.randomElement(using: &random) ?? "" }
      run(text.joined(separator: Bool.random(using: &random) ? " " : ""), in: environments)
    }
  }

  @Test("Expressions changed at random places")
  func mutations() throws {
    var random = SeededRandom(seed: 2)
    var seeds = Self.seeds
    if SuiteFolder.exists {
      let decoder = JSONDecoder()
      seeds += try SuiteFolder.lines().map { try decoder.decode(SuiteFolder.Line.self, from: $0).expr }
    }
    let environments = environments
    for round in 0..<3000 {
      var scalars = Array(seeds[round % seeds.count].unicodeScalars)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0...scalars.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: if place < scalars.count { scalars.remove(at: place) }
        case 1: scalars.insert(contentsOf: (Self.tokens.randomElement(using: &random) ?? "").unicodeScalars, at: place)
        case 2:
          let other = Array((seeds.randomElement(using: &random) ?? "").unicodeScalars)
          scalars.insert(contentsOf: other.prefix(Int.random(in: 0...20, using: &random)), at: place)
        default: scalars.removeSubrange(place..<min(scalars.count, place + Int.random(in: 0...5, using: &random)))
        }
      }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      run(String(text), in: environments)
    }
  }

  @Test("Patterns of random parts")
  func patterns() throws {
    var random = SeededRandom(seed: 3)
    let parts = [
      "a", "b", ".", "*", "+", "?", "(", ")", "[", "]", "{2,3}", "{,", "|", "^", "$", "\\", "\\d", "\\pL", "\\x{", "-",
      "[:alpha:]",
      "(?i)", "(?:", "\\b", "\\Q", "é", ",", "0", "}", "(?P<n>",
    ]
    let environment = Environment(variables: [.init("s", .string), .init("p", .string)])
    let expression = try Expression("s.matches(p)", in: environment)
    for _ in 0..<2000 {
      let count = Int.random(in: 1...12, using: &random)
      let pattern = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
      _ = try? expression.evaluate([.string("aab é0-"), .string(pattern)])
    }
  }
}
