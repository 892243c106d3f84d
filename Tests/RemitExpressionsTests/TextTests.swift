import RemitExpressions
import Testing

@Suite("Texts")
struct TextTests {
  @Test(
    "Texts that look alike are the same only where their code points are",
    arguments: [
      #"'\u00e9' != 'e\u0301'"#, #"!('e\u0301' in ['\u00e9', 'b', 'c', 'd'])"#, #"'\u212a' != 'K'"#, #"!('e\u0301' in {'\u00e9': 1})"#,
      #"{'\u00e9': 1, 'e\u0301': 2}.size() == 2"#, #"!'\u00e9'.contains('e')"#, #"!'e\u0301'.contains('\u00e9')"#,
      #"'e\u0301x'.startsWith('e')"#,
      #"'e\u0301' < '\u00e9'"#, #"'e\u0301x'.indexOf('x') == 2"#, #"'e\u0301'.replace('e', 'a') == 'a\u0301'"#,
      #"['e\u0301'] != ['\u00e9']"#,
    ])
  func codePoints(_ text: String) throws { #expect(try Expression(text, in: Environment()).holds([])) }
}
