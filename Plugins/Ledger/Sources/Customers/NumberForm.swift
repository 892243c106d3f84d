/// How the signs of a number follow one another: 9 stands for a digit, a for a letter, x for either, s for a letter, + or *; any other sign
/// for itself.
struct NumberForm {
  let text: String

  init(_ text: String) { self.text = text }

  func fits(_ signs: some Collection<UInt8>) -> Bool {
    signs.count == text.utf8.count
      && zip(signs, text.utf8).allSatisfy { sign, place in
        let (isDigit, isLetter) = ((0x30...0x39).contains(sign), (0x41...0x5A).contains(sign))
        return switch place {
        case UInt8(ascii: "9"): isDigit
        case UInt8(ascii: "a"): isLetter
        case UInt8(ascii: "x"): isDigit || isLetter
        case UInt8(ascii: "s"): isLetter || sign == UInt8(ascii: "+") || sign == UInt8(ascii: "*")
        default: sign == place
        }
      }
  }

  /// "DE999999999, where 9 is a digit": the forms that numbers of a country have, for the one who mistyped one.
  static func description(of forms: [NumberForm], after prefix: String) -> String {
    let legend = [("9", "a digit"), ("a", "a letter"), ("x", "a digit or a letter"), ("s", "a letter or + or *")].filter { place, _ in
      forms.contains { $0.text.contains(place) }
    }
    return forms.map { prefix + $0.text }.joined(separator: " or ") + ", where "
      + legend.map { place, meaning in "\(place) is \(meaning)" }.joined(separator: ", ")
  }
}
