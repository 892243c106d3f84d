/// ISO 13616: account numbers, with the forms of the IBAN registry and the check digits that some countries have within.
enum IBAN {
  /// The number without the word IBAN before it.
  static func plain(_ signs: [UInt8]) throws(IdentifierProblem) -> String {
    let number = withoutWord(signs)
    guard number.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }) else { throw .signs(.iban) }
    let country = String(decoding: number.prefix(2), as: UTF8.self)
    guard let form = IBANRegistry.forms[country] else {
      throw IdentifierProblem("does not begin with a country that has IBANs, such as DE")
    }
    let count = form.text.utf8.count
    guard number.count == count else { throw IdentifierProblem("has \(number.count) signs; an IBAN of \(country) has \(count)") }
    guard form.fits(number) else {
      throw IdentifierProblem("is no IBAN of \(country): its form is \(NumberForm.description(of: [form], after: ""))")
    }
    let values = number.digitValues
    // The two digits are made as 98 less a remainder; others may leave the same remainder, but nobody gives them out.
    guard 2...98 ~= values[2...3].decimal else { throw IdentifierProblem("has check digits that no IBAN has: they run from 02 to 98") }
    guard (values[4...] + values[..<4]).mod97 == 1 else { throw IdentifierProblem("has wrong check digits: a sign is mistyped") }
    guard hasRightNationalCheck(Array(values[4...]), country) else {
      throw IdentifierProblem("has wrong check digits of \(country) within it: a sign is mistyped")
    }
    return String(decoding: number, as: UTF8.self)
  }

  /// "IBAN DE89", "iban: DE89": as it stands on invoices.
  private static func withoutWord(_ signs: [UInt8]) -> ArraySlice<UInt8> {
    guard signs.starts(with: "IBAN".utf8) else { return signs[...] }
    let number = signs.dropFirst(4)
    return number.first == UInt8(ascii: ":") ? number.dropFirst() : number
  }

  /// As python-stdnum 2.2 checks them (`stdnum.be.iban`, `es`, `me` and `no`), but for its list of Belgian banks: that changes several
  /// times a year, and an account at a bank that is newer than this program is right.
  private static func hasRightNationalCheck(_ digits: [Int], _ country: String) -> Bool {
    switch country {
    case "BE":
      let rest = digits[0...9].decimal % 97
      return digits[10...11].decimal == (rest == 0 ? 97 : rest)
    case "ES":
      // One of bank and branch, one of the account.
      return digits[8] == spanishCheck([0, 0] + digits[0...7]) && digits[9] == spanishCheck(digits[10...19])
    case "ME": return digits.mod97 == 1
    case "NO":
      // Accounts of the post have seven digits after zeros.
      if digits[0...3].allSatisfy({ $0 == 0 }) { return digits[4...10].luhn == 0 }
      return digits.weighted([6, 7, 8, 9, 4, 5, 6, 7, 8, 9]) % 11 == digits[10]
    default: return true
    }
  }

  private static func spanishCheck(_ digits: some Collection<Int>) -> Int {
    let rest = digits.weighted([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]) % 11
    return rest < 2 ? rest : 11 - rest
  }
}
