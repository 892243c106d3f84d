/// VAT numbers of the European Union and Northern Ireland: their forms (VIES), and the check digits of the states that have published how they
/// are made.
enum EUVATNumber {
  static func check(_ value: String) throws(IdentifierProblem) {
    let country = String(value.prefix(2))
    let number = Array(value.utf8.dropFirst(2))
    guard let forms = forms[country] else {
      throw IdentifierProblem("does not begin with the letters of a state of the EU, such as DE or EL")
    }
    guard forms.contains(where: { fits(number, $0) }) else {
      throw IdentifierProblem(
        "is no VAT number of \(country): its form is \(forms.map { country + $0 }.joined(separator: " or ")), 9 a digit, A a letter, X either"
      )
    }
    let digits = number.map { Int($0) - 0x30 }
    guard checks[country]?(digits) ?? true else { throw IdentifierProblem("has a wrong check digit: a sign is mistyped") }
  }

  private static let forms: [String: [String]] = [
    "AT": ["U99999999"], "BE": ["9999999999"], "BG": ["999999999", "9999999999"], "CY": ["99999999A"],
    "CZ": ["99999999", "999999999", "9999999999"], "DE": ["999999999"], "DK": ["99999999"], "EE": ["999999999"], "EL": ["999999999"],
    "ES": ["X9999999X"], "FI": ["99999999"], "FR": ["XX999999999"], "HR": ["99999999999"], "HU": ["99999999"],
    "IE": ["9X99999A", "9999999A", "9999999AA"], "IT": ["99999999999"], "LT": ["999999999", "999999999999"], "LU": ["99999999"],
    "LV": ["99999999999"], "MT": ["99999999"], "NL": ["999999999B99"], "PL": ["9999999999"], "PT": ["999999999"],
    "RO": (2...10).map { String(repeating: "9", count: $0) }, "SE": ["999999999901"], "SI": ["99999999"], "SK": ["9999999999"],
    "XI": ["999999999", "999999999999"],
  ]

  private static func fits(_ number: [UInt8], _ form: String) -> Bool {
    number.count == form.utf8.count
      && zip(number, form.utf8).allSatisfy { sign, place in
        let (isDigit, isLetter) = ((0x30...0x39).contains(sign), (0x41...0x5A).contains(sign))
        return switch place {
        case UInt8(ascii: "9"): isDigit
        case UInt8(ascii: "A"): isLetter
        case UInt8(ascii: "X"): isDigit || isLetter
        default: sign == place
        }
      }
  }

  /// By country; the digits come as numbers, letters as others.
  private static let checks: [String: @Sendable ([Int]) -> Bool] = [
    "AT": { ($0[8] + luhnSum(Array($0[1...7]), doublesFirst: false) + 4) % 10 == 0 },
    "BE": { 97 - number($0[0...7]) % 97 == number($0[8...9]) },
    "DE": { mod11and10($0) },
    "DK": { weighted($0, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0 },
    "EE": { weighted($0, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0 },
    "EL": { weighted($0, [256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == $0[8] },
    "FI": { weighted($0, [7, 9, 10, 5, 8, 4, 2, 1]) % 11 == 0 },
    "FR": { digits in
      let siren = Array(digits[2...10])
      // Keys with letters belong to numbers of newer kinds, whose key is made otherwise.
      guard digits[0] < 10, digits[1] < 10 else { return true }
      return number(digits[0...1]) == (number(siren[...]) * 100 + 12) % 97 && luhnSum(siren, doublesFirst: false) % 10 == 0
    },
    "HR": { mod11and10($0) },
    "HU": { weighted($0, [9, 7, 3, 1, 9, 7, 3, 1]) % 10 == 0 },
    "IT": { digits in
      let office = number(digits[7...9])
      return luhnSum(digits, doublesFirst: false) % 10 == 0 && number(digits[0...6]) > 0
        && (1...100 ~= office || [120, 121, 888, 999].contains(office))
    },
    "LU": { number($0[0...5]) % 89 == number($0[6...7]) },
    "MT": { weighted($0, [3, 4, 6, 7, 8, 9, 10, 1]) % 37 == 0 },
    "PL": { weighted($0, [6, 5, 7, 2, 3, 4, 5, 6, 7, -1]) % 11 == 0 },
    "PT": { digits in
      let rest = 11 - weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
      return digits[8] == (rest > 9 ? 0 : rest)
    },
    "SE": { luhnSum(Array($0[0...9]), doublesFirst: true) % 10 == 0 },
    "SI": { digits in
      let rest = 11 - weighted(digits, [8, 7, 6, 5, 4, 3, 2]) % 11
      return rest < 11 && digits[7] == rest % 10
    },
    "SK": { number($0[...]) % 11 == 0 },
  ]

  private static func number(_ digits: ArraySlice<Int>) -> Int { digits.reduce(0) { $0 * 10 + $1 } }

  private static func weighted(_ digits: [Int], _ weights: [Int]) -> Int { zip(digits, weights).reduce(0) { $0 + $1.0 * $1.1 } }

  /// Every second digit counts twice, and of two digits their sum.
  private static func luhnSum(_ digits: [Int], doublesFirst: Bool) -> Int {
    digits.enumerated().reduce(0) { sum, digit in
      let isDoubled = digit.offset.isMultiple(of: 2) == doublesFirst
      let value = isDoubled ? digit.element * 2 : digit.element
      return sum + (value > 9 ? value - 9 : value)
    }
  }

  /// ISO 7064, modulo 11, 10.
  private static func mod11and10(_ digits: [Int]) -> Bool {
    let product = digits.dropLast().reduce(10) { product, digit in
      let sum = (digit + product) % 10
      return (sum == 0 ? 10 : sum) * 2 % 11
    }
    return (product + digits[digits.count - 1]) % 10 == 1
  }
}
