import RemitAPI
import RemitDocuments

/// Texts with a form that the world knows.
enum TextFormat {
  /// nil: it is of the form.
  static func fault(_ text: String, _ format: Remit_Document_V1_Format) -> Wording? {
    switch format {
    case .email:
      return text.wholeMatch(of: /[^\s@]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+/) != nil
        ? nil : Wording("must be an e-mail address, such as a.smith@example.org", "应为电子邮箱地址，如 a.smith@example.org")
    case .phone:
      let digits = text.count(where: \.isNumber)
      return text.wholeMatch(of: /\+?[0-9() \/.-]+/) != nil && (5...15).contains(digits)
        ? nil : Wording("must be a telephone number, such as +49 40 123456", "应为电话号码，如 +86 21 12345678")
    case .uscc: return isUSCC(text) ? nil : Wording("must be a unified social credit code with its check character", "应为校验正确的统一社会信用代码")
    case .iban: return isIBAN(text) ? nil : Wording("must be an IBAN with right check digits", "应为校验正确的 IBAN")
    case .euVat:
      return text.wholeMatch(of: /(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)[0-9A-Z+*]{2,12}/)
        != nil
        ? nil : Wording("must be a VAT number with the country's letters, such as DE136695976", "应为带国家代码的增值税号，如 DE136695976")
    case .unspecified, .UNRECOGNIZED: return nil
    }
  }

  /// GB 32100-2015, section 4.5: weights 3^i mod 31 over the first 17 characters.
  private static func isUSCC(_ text: String) -> Bool {
    let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)
    let places = text.utf8.compactMap { alphabet.firstIndex(of: $0) }
    guard text.utf8.count == 18, places.count == 18 else { return false }
    var (sum, weight) = (0, 1)
    for place in places.prefix(17) {
      sum += place * weight
      weight = weight * 3 % 31
    }
    return (31 - sum % 31) % 31 == places[17]
  }

  /// ISO 13616: the first four characters behind the rest, letters as 10 to 35, mod 97 is 1.
  private static func isIBAN(_ text: String) -> Bool {
    let plain = text.filter { $0 != " " }.utf8
    guard (15...34).contains(plain.count), text.wholeMatch(of: /[A-Z]{2}[0-9]{2}[A-Z0-9 ]+/) != nil else { return false }
    var rest = 0
    for byte in Array(plain.dropFirst(4)) + Array(plain.prefix(4)) {
      rest = byte < 0x3A ? (rest * 10 + Int(byte - 0x30)) % 97 : (rest * 100 + Int(byte - 0x37)) % 97
    }
    return rest == 1
  }
}
