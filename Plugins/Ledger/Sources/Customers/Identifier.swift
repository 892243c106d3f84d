/// A number that somebody outside gave a customer, in its plain form, with right check digits.
struct Identifier: Hashable {
  enum Scheme: String, CaseIterable {
    case uscc, iban
    case euVAT = "eu_vat"
  }

  let scheme: Scheme
  let value: String

  /// Throws why it cannot be one, to stand after the name of the field.
  init(_ text: String, scheme: Scheme) throws(IdentifierProblem) {
    self.scheme = scheme
    value = text.uppercased().filter { !" .-".contains($0) }
    guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2B || $0 == 0x2A })
    else {
      throw IdentifierProblem("must have letters A-Z and digits, such as \(Self.example(scheme))")
    }
    switch scheme {
    case .uscc: try Self.checkUSCC(value)
    case .iban: try Self.checkIBAN(value)
    case .euVAT: try EUVATNumber.check(value)
    }
  }

  private static func example(_ scheme: Scheme) -> String {
    switch scheme {
    case .uscc: "91110000802100433B"
    case .iban: "DE89370400440532013000"
    case .euVAT: "DE136695976"
    }
  }

  /// GB 32100-2015: 17 signs and a check sign, modulo 31.
  private static func checkUSCC(_ value: String) throws(IdentifierProblem) {
    let signs = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
    let values = value.compactMap { signs.firstIndex(of: $0) }
    guard value.count == 18, values.count == 18 else {
      throw IdentifierProblem("must have 18 digits and letters, none of them I, O, S, V or Z, such as \(example(.uscc))")
    }
    var (sum, weight) = (0, 1)
    for value in values.dropLast() {
      sum += value * weight
      weight = weight * 3 % 31
    }
    guard values[17] == (31 - sum % 31) % 31 else { throw IdentifierProblem("has a wrong check sign: a sign is mistyped") }
  }

  /// ISO 13616, with the lengths of the IBAN registry.
  private static func checkIBAN(_ value: String) throws(IdentifierProblem) {
    let country = String(value.prefix(2))
    guard let length = ibanLengths[country] else { throw IdentifierProblem("does not begin with a country that has IBANs, such as DE") }
    guard value.utf8.count == length else { throw IdentifierProblem("has \(value.utf8.count) signs; an IBAN of \(country) has \(length)") }
    let signs = Array(value.utf8)
    var remainder = 0
    for sign in signs[4...] + signs[..<4] {
      let isDigit = sign < 0x41
      remainder = (remainder * (isDigit ? 10 : 100) + Int(sign) - (isDigit ? 0x30 : 0x37)) % 97
    }
    guard remainder == 1 else { throw IdentifierProblem("has wrong check digits: a sign is mistyped") }
  }

  private static let ibanLengths: [String: Int] = {
    let list = """
      AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22
      GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20
      MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26
      UA29 VA22 VG24 XK20 YE30
      """
    return Dictionary(
      list.split(whereSeparator: \.isWhitespace).map { (String($0.prefix(2)), Int($0.dropFirst(2)) ?? 0) },
      uniquingKeysWith: { first, _ in first }
    )
  }()
}

struct IdentifierProblem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
