/// How check digits are made, of digits as numbers: a letter is 10 (A) to 35 (Z).
extension Collection<Int> {
  /// What digits say together; of no more than 18, so that it does not overflow.
  var decimal: Int { reduce(0) { $0 * 10 + $1 } }

  /// Of as many digits as there are weights.
  func weighted(_ weights: some Sequence<Int>) -> Int { zip(self, weights).reduce(0) { $0 + $1.0 * $1.1 } }

  /// Luhn's sum modulo 10: from the last, every second digit counts twice, and of two digits their sum.
  var luhn: Int {
    reversed().enumerated().reduce(0) { sum, digit in
      let value = digit.offset.isMultiple(of: 2) ? digit.element : digit.element * 2
      return sum + (value > 9 ? value - 9 : value)
    } % 10
  }

  /// ISO 7064, modulo 11, 10: 1 where the last digit is right.
  var mod11and10: Int {
    reduce(5) { check, digit in ((check == 0 ? 10 : check) * 2 % 11 + digit) % 10 }
  }

  /// ISO 7064, modulo 97, 10: 1 where the check digits are right. A letter is two digits.
  var mod97: Int { reduce(0) { ($0 * ($1 < 10 ? 10 : 100) + $1) % 97 } }
}

extension Sequence<UInt8> {
  /// Digits and large letters of ASCII as numbers.
  var digitValues: [Int] { map { Int($0) - ($0 < 0x41 ? 0x30 : 0x37) } }
}
