import Testing

@testable import Ledger

@Suite("Identifiers and names")
struct IdentifierTests {
  /// From the documentation of python-stdnum, and of the registries.
  static let valid: [(Identifier.Scheme, String)] = [
    (.uscc, "91110000600037341L"), (.uscc, "91 1100 0080 2100 433B"), (.iban, "GB82 WEST 1234 5698 7654 32"),
    (.iban, "DE89370400440532013000"),
    (.iban, "GR16-0110-1050-0000-1054-7023-795"), (.iban, "NO93 8601 1117 947"), (.euVAT, "DE 136,695 976".replacing(",", with: "")),
    (.euVAT, "ATU13585627"), (.euVAT, "BE0428759497"), (.euVAT, "DK13585628"), (.euVAT, "EL094259216"), (.euVAT, "FI20774740"),
    (.euVAT, "FR40303265045"), (.euVAT, "FRK7399859412"), (.euVAT, "HR33392005961"), (.euVAT, "HU12892312"), (.euVAT, "IT00743110157"),
    (.euVAT, "LU15027442"), (.euVAT, "MT11679112"), (.euVAT, "NL004495445B01"), (.euVAT, "PL8567346215"), (.euVAT, "PT501964843"),
    (.euVAT, "SE123456789701"), (.euVAT, "SI50223054"), (.euVAT, "SK2022749619"), (.euVAT, "EE100931558"), (.euVAT, "IE6433435F"),
  ]

  @Test("A right one is taken in its plain form", arguments: valid)
  func takesRight(_ scheme: Identifier.Scheme, _ text: String) throws {
    #expect(try Identifier(text, scheme: scheme).value == text.filter { !" .-".contains($0) })
  }

  @Test(
    "One with a mistyped digit is refused", arguments: valid.filter { !["FRK7399859412", "NL004495445B01", "IE6433435F"].contains($0.1) })
  func refusesMistyped(_ scheme: Identifier.Scheme, _ text: String) throws {
    var characters = Array(text)
    let last = try #require(characters.lastIndex { $0.isNumber })
    let digit = try #require(characters[last].wholeNumberValue)
    characters[last] = Character("\((digit + 1) % 10)")
    #expect(throws: IdentifierProblem.self) { try Identifier(String(characters), scheme: scheme) }
  }

  @Test(
    "What cannot be one is refused with its form",
    arguments: [
      (Identifier.Scheme.euVAT, "XX123456789", "state of the EU"), (.euVAT, "DE12345678", "its form is DE999999999"),
      (.euVAT, "", "must have letters"),
      (.iban, "XX00123", "a country that has IBANs"), (.iban, "DE8937040044053201300", "an IBAN of DE has 22"),
      (.uscc, "9111000060003734IL", "18 digits"),
      (.uscc, "中文", "must have letters"),
    ])
  func refusesForm(_ scheme: Identifier.Scheme, _ text: String, _ words: String) {
    let problem = #expect(throws: IdentifierProblem.self) { try Identifier(text, scheme: scheme) }
    #expect(problem?.description.contains(words) == true, "\(problem?.description ?? "")")
  }

  @Test(
    "Names that differ by case, signs, accents, width or legal form have one key",
    arguments: [
      ("Müller AG", "MULLER"), ("Mu\u{308}ller GmbH & Co. KG", "Müller"), ("ＡＢＣ　Ltd.", "abc limited"), ("上海华东机械有限公司", "上海华东机械"),
      ("北京（华北）科技股份有限公司", "北京华北科技有限公司"), ("Société Générale SA", "societe generale"), ("Groß-Handel", "GROSS HANDEL"),
      ("Ørsted A/S", "orsted a s"),
    ])
  func sameKey(_ first: String, _ second: String) {
    #expect(NameKey(first) == NameKey(second))
  }

  @Test("Other names have another key, and a name that is only a legal form keeps it")
  func otherKeys() {
    #expect(NameKey("Müller AG") != NameKey("Miller AG"))
    #expect(NameKey("AG").text == "ag")
    #expect(NameKey("公司").text == "公司")
  }
}
