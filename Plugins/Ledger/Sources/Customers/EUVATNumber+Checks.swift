/// What the states check in their numbers, as python-stdnum 2.2 knows it (`stdnum.eu.vat` and the module of each state). Where that
/// library is weaker than a state (Belgian check digits 00, 98 and 99), it is followed, so that there is one judgement to compare with.
///
/// All take digits that fit a form of the state (letters as 10 to 35), so that no place is missing and no sum overflows.
extension EUVATNumber {
  /// Whether the parts without check digits are such as the state gives out.
  static func isGivenOut(_ digits: [Int], _ state: String) -> Bool {
    switch state {
    case "BE": return digits[0] <= 1
    case "CY": return !digits.starts(with: [1, 2])
    case "CZ": return digits.count != 8 || digits[0] != 9
    case "DE", "DK", "MT", "PT", "SI": return digits[0] != 0
    case "EU", "IM": return oneStopShopStates.contains(digits[0..<3].decimal)
    case "IT":
      let office = digits[7...9].decimal
      return digits[0...6].decimal > 0 && (1...100 ~= office || [120, 121, 888, 999].contains(office))
    case "LT": return digits[digits.count - 2] == 1
    case "NL": return digits[0...8].decimal > 0 && digits[10...11].decimal > 0
    case "RO": return digits[0] != 0
    case "XI" where digits[0] > 9:
      let body = digits[(digits.count == 5 ? 2 : 6)...].prefix(3).decimal
      return digits.starts(with: "GD".utf8.digitValues) && body < 500 || digits.starts(with: "HA".utf8.digitValues) && body >= 500
    default: return true
    }
  }

  static func hasRightCheck(_ digits: [Int], _ state: String) -> Bool {
    switch state {
    case "AT": (digits[1...7].luhn + digits[8]) % 10 == 6
    case "BE": digits.decimal > 0 && (digits[0...7].decimal + digits[8...9].decimal) % 97 == 0
    case "BG": bulgarian(digits)
    case "CY": cypriot(digits)
    case "CZ": czech(digits)
    case "DE", "HR": digits.mod11and10 == 1
    case "DK": digits.weighted([2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
    case "EE": digits.weighted([3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0
    case "EL": digits.weighted([256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digits[8]
    case "ES": spanish(digits)
    case "EU", "IM": true
    case "FI": digits.weighted([7, 9, 10, 5, 8, 4, 2, 1]) % 11 == 0
    case "FR": french(digits)
    case "HU": digits.weighted([9, 7, 3, 1, 9, 7, 3, 1]) % 10 == 0
    case "IE": irish(digits)
    case "IT": digits.luhn == 0
    case "LT": lithuanian(digits)
    case "LU": digits[0...5].decimal % 89 == digits[6...7].decimal
    case "LV": latvian(digits)
    case "MT": digits.weighted([3, 4, 6, 7, 8, 9, 10, 1]) % 37 == 0
    case "NL": dutch(digits)
    case "PL": digits.weighted([6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digits[9]
    case "PT": (11 - digits.weighted([9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == digits[8]
    case "RO": romanian(digits)
    case "SE": digits[0...9].luhn == 0
    case "SI": slovenian(digits)
    case "SK": slovak(digits)
    case "XI": british(digits)
    default: false
    }
  }

  /// Legal entities have nine digits; persons a national number, one of a foreigner, or another.
  private static func bulgarian(_ digits: [Int]) -> Bool {
    if digits.count == 9 {
      let first = digits.weighted(1...8) % 11
      return (first < 10 ? first : digits.weighted(3...10) % 11) % 10 == digits[8]
    }
    // The month of a person says the century too.
    let month = digits[2...3].decimal
    let (year, monthOfYear) = month > 40 ? (2000, month - 40) : month > 20 ? (1800, month - 20) : (1900, month)
    let isNational =
      isDate(year + digits[0...1].decimal, monthOfYear, digits[4...5].decimal)
      && digits.weighted([2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == digits[9]
    let isForeigner = digits.weighted([21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == digits[9]
    return isNational || isForeigner || (11 - digits.weighted([4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == digits[9]
  }

  private static func cypriot(_ digits: [Int]) -> Bool {
    let odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21]
    let sum = digits[0...7].enumerated().reduce(0) { $0 + ($1.offset.isMultiple(of: 2) ? odd[$1.element] : $1.element) }
    return digits[8] == 10 + sum % 26
  }

  /// Legal entities have eight digits; persons their birth number, or nine digits that begin with 6.
  private static func czech(_ digits: [Int]) -> Bool {
    if digits.count == 8 {
      let rest = (11 - digits.weighted([8, 7, 6, 5, 4, 3, 2]) % 11) % 11
      return (rest == 0 ? 1 : rest) % 10 == digits[7]
    }
    if digits.count == 9 && digits[0] == 6 {
      let sum = digits[1...7].weighted([8, 7, 6, 5, 4, 3, 2]) % 11
      return (18 - (21 - sum) % 11) % 10 == digits[8]
    }
    return isBirthNumber(digits)
  }

  /// Czech and Slovak birth numbers: of nine digits, without a check digit, until 1953. A woman's month is 50 more, and 20 more where the
  /// numbers of a day were used up.
  private static func isBirthNumber(_ digits: [Int]) -> Bool {
    let (yy, month, day) = (digits[0...1].decimal, digits[2...3].decimal % 50 % 20, digits[4...5].decimal)
    if digits.count == 9 {
      guard yy < 54 || yy >= 80 else { return false }
      return isDate((yy >= 80 ? 1800 : 1900) + yy, month, day)
    }
    return isDate((yy < 54 ? 2000 : 1900) + yy, month, day) && digits[0...8].decimal % 11 % 10 == digits[9]
  }

  /// DNI of residents, NIE of foreigners (X, Y, Z), numbers of who has neither (K, L, M), CIF of organisations, whose check sign is a digit
  /// or a letter.
  private static func spanish(_ digits: [Int]) -> Bool {
    let letters = "TRWAGMYFPDXBNJZSQVHLCKE".utf8.digitValues
    let body = digits[1...7].decimal
    let first = digits[0]
    if first < 10 { return digits[8] == letters[digits[0...7].decimal % 23] }
    if let century = "XYZ".utf8.digitValues.firstIndex(of: first) { return digits[8] == letters[(century * 10_000_000 + body) % 23] }
    if "KLM".utf8.digitValues.contains(first) { return digits[8] == letters[body % 23] }
    guard "ABCDEFGHJNPQRSUVW".utf8.digitValues.contains(first) else { return false }
    let check = (10 - (digits[1...7] + [0]).luhn) % 10
    return digits[8] == check || digits[8] == "JABCDEFGHI".utf8.digitValues[check]
  }

  /// A key of two signs and a SIREN; a SIREN that begins with 000 is of Monaco, and has no check digit.
  private static func french(_ digits: [Int]) -> Bool {
    guard digits[2...4].allSatisfy({ $0 == 0 }) || digits[2...10].luhn == 0 else { return false }
    let siren = digits[2...10].decimal
    let alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ".utf8.digitValues
    guard let first = alphabet.firstIndex(of: digits[0]), let second = alphabet.firstIndex(of: digits[1]) else { return false }
    if first < 10 && second < 10 { return first * 10 + second == (siren * 100 + 12) % 97 }
    let key = first < 10 ? first * 24 + second - 10 : first * 34 + second - 100
    return (siren + 1 + key / 11) % 11 == key % 11
  }

  /// The letter after seven digits is made of them and of a letter after it. In the older form, the second sign stands for no number, and
  /// the first comes last.
  private static func irish(_ digits: [Int]) -> Bool {
    let alphabet = "WABCDEFGHIJKLMNOPQRSTUV".utf8.digitValues
    let tail = digits[7...].compactMap { alphabet.firstIndex(of: $0) }
    guard tail.count == digits.count - 7 else { return false }
    let isNew = (0...9).contains(digits[1])
    let body = isNew ? Array(digits[0...6]) : [0] + digits[2...6] + [digits[0]]
    let sum = body.weighted([8, 7, 6, 5, 4, 3, 2]) + (isNew && tail.count > 1 ? 9 * tail[1] : 0)
    return sum % 23 == tail[0]
  }

  private static func lithuanian(_ digits: [Int]) -> Bool {
    let body = Array(digits.dropLast())
    let first = body.weighted(body.indices.map { 1 + $0 % 9 }) % 11
    return (first < 10 ? first : body.weighted(body.indices.map { 1 + ($0 + 2) % 9 }) % 11) % 10 == digits.last
  }

  /// Persons have their code: the day of birth and its century, or 32 and no day since July 2017.
  private static func latvian(_ digits: [Int]) -> Bool {
    if digits[0] > 3 { return digits.weighted([9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3 }
    let isBorn = isDate(1800 + 100 * digits[6] + digits[4...5].decimal, digits[2...3].decimal, digits[0...1].decimal)
    return (digits.starts(with: [3, 2]) || isBorn) && (1 + digits.weighted([10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10 == digits[10]
  }

  /// Numbers of organisations hold their RSIN, checked as a BSN. Those of sole traders hold none since 2020, and are checked as a whole.
  private static func dutch(_ digits: [Int]) -> Bool {
    let isBSN = digits.weighted([9, 8, 7, 6, 5, 4, 3, 2]) % 11 == digits[8]
    return isBSN || ("NL".utf8.digitValues + digits).mod97 == 1
  }

  /// Organisations have up to ten digits; persons a CNP: sex and century, the day of birth, the county.
  private static func romanian(_ digits: [Int]) -> Bool {
    guard digits.count == 13 else {
      let body = Array(repeating: 0, count: 10 - digits.count) + digits
      return 10 * body.weighted([7, 5, 3, 2, 1, 7, 5, 3, 2]) % 11 % 10 == body[9]
    }
    let century = [3: 1800, 4: 1800, 5: 2000, 6: 2000][digits[0]] ?? 1900
    let county = digits[7...8].decimal
    let check = digits.weighted([2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
    return isDate(century + digits[1...2].decimal, digits[3...4].decimal, digits[5...6].decimal)
      && (1...48 ~= county || [51, 52, 70].contains(county) || 80...83 ~= county) && (check == 10 ? 1 : check) == digits[12]
  }

  private static func slovenian(_ digits: [Int]) -> Bool {
    let rest = 11 - digits.weighted([8, 7, 6, 5, 4, 3, 2]) % 11
    return rest < 11 && digits[7] == rest % 10
  }

  private static func slovak(_ digits: [Int]) -> Bool {
    isBirthNumber(digits) || digits[0] != 0 && [2, 3, 4, 7, 8, 9].contains(digits[2]) && digits.decimal % 11 == 0
  }

  private static func british(_ digits: [Int]) -> Bool {
    if digits.count == 5 { return true }
    if digits.count == 11 { return digits[6...8].decimal % 97 == digits[9...10].decimal }
    let rest = digits.weighted([8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97
    // The check digits of numbers since 2010 are 55 less, which leaves 42; 55 is taken as python-stdnum takes it.
    return rest == 0 || digits[0] > 0 && [42, 55].contains(rest)
  }

  /// ISO 3166-1 numbers of the states, 900 for Northern Ireland.
  private static let oneStopShopStates: Set = [
    40, 56, 100, 191, 196, 203, 208, 233, 246, 250, 276, 300, 348, 372, 380, 428, 440, 442, 470, 528, 616, 620, 642, 703, 705, 724, 752,
    900,
  ]

  private static func isDate(_ year: Int, _ month: Int, _ day: Int) -> Bool {
    guard 1...12 ~= month else { return false }
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return 1...[31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ~= day
  }
}
