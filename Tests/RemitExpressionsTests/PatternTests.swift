import RemitExpressions
import Testing

@Suite("Patterns")
struct PatternTests {
  private func matches(_ text: String, _ pattern: String) throws -> Bool {
    let environment = Environment(variables: [.init("text", .string), .init("pattern", .string)])
    return try Expression("text.matches(pattern)", in: environment).holds([.string(text), .string(pattern)])
  }

  @Test(
    "A pattern is found where RE2 finds it",
    arguments: [
      ("hello", "l+o$"), ("hello", "^h.*o$"), ("INV-123456", "^INV-[0-9]{6}$"), ("a", "^(a|b)?$"), ("", "^$"),
      ("aaa", "^a{2,3}$"), ("Straße", "(?i)STRA.E"), ("häuser", "^\\p{L}+$"), ("a\nb", "(?m)^b$"), ("a\nb", "(?s)a.b"),
      ("x.y", "x\\.y"), ("x+y", "\\Qx+y\\E"), ("foo bar", "\\bbar\\b"), ("tab\t", "\\s$"), ("abc", "[^\\d]{3}"),
      ("]", "[]]"), ("a-b", "[a-]-b"), ("é", "\\x{e9}"), ("ab12", "^[[:alpha:]]+[[:digit:]]+$"), ("aab", "(?:a*?)b"),
      ("{x}", "{x}"), ("abab", "^(?P<pair>ab)+$"), ("Ω", "\\p{Greek}"), ("5", "\\pN"), ("K", "(?i)k"),
    ])
  func found(_ text: String, _ pattern: String) throws { #expect(try matches(text, pattern)) }

  @Test(
    "A pattern is not found where RE2 does not find it",
    arguments: [
      ("hello", "^e"), ("aaaa", "^a{2,3}$"), ("a\nb", "a.b"), ("a\nb", "^b"), ("1", "\\D"), ("foobar", "\\bbar"),
      ("é", "\\w"), ("B", "[^[:upper:]]"), ("abc", "a(?i)B(?-i)C"),
    ])
  func missing(_ text: String, _ pattern: String) throws { #expect(try !matches(text, pattern)) }

  @Test(
    "What is no pattern is an error",
    arguments: [
      "(", ")", "[", "[z-a]", "a**", "*", "\\", "(?<=a)b", "(?=a)", "\\1", "a{1001}", "\\p{Nonsense}", "(?z)",
      "[[:no:]]",
      "\\x{110000}", "((a{100}){100}){100}",
    ])
  func wrong(_ pattern: String) {
    let error = #expect(throws: EvaluationError.self) { try matches("a", pattern) }
    #expect(error?.code == .invalidArgument)
  }

  @Test("Patterns that make others backtrack take linear time")
  func linear() throws {
    #expect(try !matches(String(repeating: "a", count: 20_000), "^(a+)+$b"))
    #expect(try !matches(String(repeating: "a", count: 2000), "(a?){50}a{50}b"))
  }
}
