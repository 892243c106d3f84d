import Testing

@testable import Ledger

@Suite("Identifiers and names")
struct IdentifierTests {
  /// From the documentation of python-stdnum, and of the registries; where a state has several kinds of numbers, one of each.
  static let rightVAT = """
    ATU13585627 BE0428759497 BE1819162051 BG175074752 BG7523169263 BG7111042925 BG3439615825 CY10259033P CZ25123891 CZ640903926 CZ7103192745
    CZ991231123 DE136695976 DK13585628 EE100931558 EL094259216 ES54362315K ESX5253868R ESM1234567L ESJ99216582 ESA58818501 FI20774740
    FR40303265045 FRK7399859412 FR4Z123456782 FR34000123456 HR33392005961 HU12892312 IE6433435F IE6433435OA IE8D79739I IE8+12345L IE8*12345L
    IT00743110157 LT119511515 LT100001919017 LU15027442 LV40003521600 LV16117519997 LV32712491191 MT11679112 NL004495445B01 NL123456789B13
    PL8567346215 PT501964843 RO18547290 RO1630615123457 SE123456789701 SI50223054 SK2022749619 SK7103192745 XI980780684 XI078055552
    XI139189494856 XIGD001 XIHA500 XIGD888800101 EU372022452 IM3720000224
    """.split(whereSeparator: \.isWhitespace).map(String.init)

  static let rightIBAN = """
    GB82WEST12345698765432 DE89370400440532013000 GR1601101050000010547023795 NO9386011117947 NO0500001234566 BE31435411161155
    ES7921000813610123456789 ME25505000012345678951 FR1420041010050500013M02606 CH9300762011623852957 RU0204452560040702810412345678901
    LC14BOSL123456789012345678901234 MU43BOMM0101123456789101000MUR IT60X0542811101000000123456
    """.split(whereSeparator: \.isWhitespace).map(String.init)

  static let right =
    rightVAT.map { (Identifier.Scheme.euVAT, $0) } + rightIBAN.map { (.iban, $0) }
    + [(.uscc, "91110000600037341L"), (.uscc, "91110000802100433B")]

  @Test("A right one is taken as it is", arguments: right)
  func takesRight(_ scheme: Identifier.Scheme, _ text: String) throws {
    #expect(try Identifier(text, scheme: scheme).value == text)
  }

  @Test("Every state of the EU and Northern Ireland is among them")
  func everyState() {
    let states = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split(separator: " ")
    #expect(Set(Self.rightVAT.map { $0.prefix(2) }).isSuperset(of: states))
  }

  @Test(
    "However people write it, it is kept in one plain form",
    arguments: [
      (Identifier.Scheme.uscc, "91 1100 0060 0037 341l", "91110000600037341L"), (.uscc, "９１１１００００６０００３７３４１ｌ", "91110000600037341L"),
      (.iban, "GR16-0110-1050-0000-1054-7023-795", "GR1601101050000010547023795"),
      (.iban, "DE89\u{A0}3704\u{202F}0044\u{2007}0532\u{2009}0130\t0\u{3000}0", "DE89370400440532013000"),
      (.iban, "IBAN DE89370400440532013000", "DE89370400440532013000"),
      (.iban, "iban: de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
      (.iban, "ＩＢＡＮ：ＤＥ８９　３７０４　００４４　０５３２　０１３０　００", "DE89370400440532013000"),
      (.euVAT, "\u{202A}de 136.695/976\u{202C}", "DE136695976"), (.euVAT, "\u{FEFF}DE136\u{2011}695\u{2013}976\u{200B}", "DE136695976"),
      (.euVAT, "GR 94259216", "EL094259216"), (.euVAT, "BE 428.759.497", "BE0428759497"), (.euVAT, "BE (0)428.759.497", "BE0428759497"),
      (.euVAT, "NL4495445B01", "NL004495445B01"), (.euVAT, "ES 12.345.678-Z", "ES12345678Z"),
      (.euVAT, String(repeating: " ", count: 500) + "RO 18547290", "RO18547290"),
    ])
  func plainForm(_ scheme: Identifier.Scheme, _ text: String, _ value: String) throws {
    #expect(try Identifier(text, scheme: scheme).value == value)
  }

  /// Government departments, health authorities and the One Stop Shop have no check digits; a Dutch number with a BSN has none after its B.
  @Test(
    "One with a mistyped digit is refused",
    arguments: right.filter { !["XIGD001", "XIHA500", "EU372022452", "IM3720000224", "NL004495445B01", "XI139189494856"].contains($0.1) })
  func refusesMistyped(_ scheme: Identifier.Scheme, _ text: String) throws {
    var signs = Array(text.utf8)
    // Nine digits of birth numbers have no check digit either, but a month.
    let place = text == "CZ991231123" ? 4 : try #require(signs.lastIndex { (0x30...0x39).contains($0) })
    signs[place] = 0x30 + (signs[place] - 0x30 + 1) % 10
    #expect(throws: IdentifierProblem.self) { try Identifier(String(decoding: signs, as: UTF8.self), scheme: scheme) }
  }

  @Test(
    "What cannot be one is refused with the reason",
    arguments: [
      (Identifier.Scheme.euVAT, "XX123456789", "state of the EU"), (.euVAT, "DE12345678", "its form is DE999999999, where 9 is a digit"),
      (.euVAT, "", "must have letters"), (.euVAT, "D", "state of the EU"), (.euVAT, "GB980780684", "state of the EU"),
      (.euVAT, "NL000099998B58", "wrong check digit"), (.euVAT, "ESA13585626", "wrong check digit"), (.euVAT, "DE036695976", "given out"),
      (.euVAT, "XIGD500", "given out"), (.euVAT, "DE13669597\u{301}6", "must have letters"), (.euVAT, "ﬁ20774740", "must have letters"),
      (.iban, "XX00123", "a country that has IBANs"), (.iban, "IBAN", "a country that has IBANs"),
      (.iban, "DE8937040044053201300", "an IBAN of DE has 22"),
      (.iban, "DE99370400440000000024", "from 02 to 98"), (.iban, "DE00370400440000000060", "from 02 to 98"),
      (.iban, "DE853704004405320130AA", "is no IBAN of DE"), (.iban, "DE88370400440532013000", "wrong check digits"),
      (.iban, "BE04435411161156", "check digits of BE"), (.iban, "ES0921000813610123456788", "check digits of ES"),
      (.iban, "ME95505000012345678952", "check digits of ME"), (.iban, "NO6686011117948", "check digits of NO"),
      (.uscc, "9111000060003734IL", "18 digits"), (.uscc, "A1110000600037341L", "eight digits"),
      (.uscc, "91110000600037342L", "wrong check sign"),
      (.uscc, "中文", "must have letters"),
      (.euVAT, String(repeating: "1", count: 65), "is too long"), (.iban, String(repeating: "é", count: 100_000), "is too long"),
    ])
  func refusesForm(_ scheme: Identifier.Scheme, _ text: String, _ words: String) {
    let problem = #expect(throws: IdentifierProblem.self) { try Identifier(text, scheme: scheme) }
    #expect(problem?.description.contains(words) == true, "\(problem?.description ?? "")")
  }

  @Test("Any sign in any place, and an end at any place, are taken or refused with a reason of one line", arguments: right)
  func anySign(_ scheme: Identifier.Scheme, _ text: String) throws {
    let right = Array(text.unicodeScalars)
    let signs = Array("059AIKOWXYZaz+*() -./,:\t\n\0\u{A0}\u{200B}\u{301}\u{660}\u{FF11}\u{FF21}\u{4E2D}\u{DF}\u{1F600}".unicodeScalars)
    for place in right.indices {
      for changed in [Array(right[..<place])] + signs.map({ right[..<place] + [$0] + right[(place + 1)...] }) {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: changed)
        do throws(IdentifierProblem) {
          let value = try Identifier(String(text), scheme: scheme).value
          #expect((try? Identifier(value, scheme: scheme))?.value == value)
        } catch {
          #expect(!error.description.isEmpty && !error.description.contains("\n"))
        }
      }
    }
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
