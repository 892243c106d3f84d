import RemitSDK

/// A number that somebody outside gave a customer, in its plain form, with right check digits.
struct Identifier: Hashable {
  enum Scheme: String, CaseIterable {
    case uscc, iban
    case euVAT = "eu_vat"
  }

  let scheme: Scheme
  let value: String

  /// Takes it as people write it: in small letters, in groups, in full width, with the invisible signs that come with copied text.
  /// Throws why it cannot be one, to stand after the name of the field.
  init(_ text: String, scheme: Scheme) throws(IdentifierProblem) {
    self.scheme = scheme
    let signs = try scheme.signs(of: text)
    switch scheme {
    case .uscc: value = try Self.plainUSCC(signs)
    case .iban: value = try IBAN.plain(signs)
    case .euVAT: value = try EUVATNumber.plain(signs)
    }
  }

  /// GB 32100-2015: eight digits, nine signs of the organisation and a check sign, modulo 31.
  private static func plainUSCC(_ signs: [UInt8]) throws(IdentifierProblem) -> String {
    let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)
    let values = signs.compactMap { alphabet.firstIndex(of: $0) }
    guard signs.count == 18, values.count == 18 else {
      throw IdentifierProblem("must have 18 digits and letters, none of them I, O, S, V or Z, such as \(Scheme.uscc.example)")
    }
    guard values.prefix(8).allSatisfy({ $0 < 10 }) else {
      throw IdentifierProblem("must begin with eight digits, such as \(Scheme.uscc.example)")
    }
    var (sum, weight) = (0, 1)
    for value in values.dropLast() {
      sum += value * weight
      weight = weight * 3 % 31
    }
    guard values[17] == (31 - sum % 31) % 31 else { throw IdentifierProblem("has a wrong check sign: a sign is mistyped") }
    return String(decoding: signs, as: UTF8.self)
  }
}

extension Identifier.Scheme {
  /// More than an IBAN of 34 signs has in groups, with the word before it.
  private static let bytesMax = 64

  var example: String {
    switch self {
    case .uscc: "91110000802100433B"
    case .iban: "DE89370400440532013000"
    case .euVAT: "DE136695976"
    }
  }

  /// What people set between groups of signs, besides blanks. Of the states' VAT numbers, what any of them uses.
  private var separators: String.UTF8View {
    switch self {
    case .uscc: "-".utf8
    case .iban: "-.".utf8
    case .euVAT: "-./,:".utf8
    }
  }

  /// The signs that count: ASCII, letters large, without blanks and separators. There is at least one.
  ///
  /// Goes over the text once, and stops where it is too long; a sign of full width is one byte then, as the sign that it stands for.
  fileprivate func signs(of text: String) throws(IdentifierProblem) -> [UInt8] {
    var signs: [UInt8] = []
    var (bytes, blanks, isForeign) = (0, 0, false)
    for scalar in text.unicodeScalars {
      // Joiners are none within a number.
      if scalar.isInvisible || (0x200C...0x200D).contains(scalar.value) { continue }
      if scalar.properties.isWhitespace {
        if bytes > 0 { blanks += 1 }
        continue
      }
      let plain = Self.plain(scalar)
      bytes += blanks + UTF8.width(plain)
      blanks = 0
      guard bytes <= Self.bytesMax else { throw IdentifierProblem("is too long: it may have \(Self.bytesMax) signs") }
      guard plain.isASCII else {
        isForeign = true
        continue
      }
      let sign = UInt8(truncatingIfNeeded: plain.value)
      if !separators.contains(sign) { signs.append((0x61...0x7A).contains(sign) ? sign - 0x20 : sign) }
    }
    guard !isForeign, !signs.isEmpty else { throw IdentifierProblem.signs(self) }
    return signs
  }

  /// The sign of ASCII that one of full width or a dash of typesetting stands for.
  private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    case 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63: "-"
    default: scalar
    }
  }
}

struct IdentifierProblem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }

  /// It has signs that no identifier of the scheme has, or none.
  static func signs(_ scheme: Identifier.Scheme) -> IdentifierProblem {
    IdentifierProblem("must have letters A-Z and digits, such as \(scheme.example)")
  }
}
