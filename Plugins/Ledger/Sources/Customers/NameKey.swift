/// What is compared of a customer's name: letters and digits without case, accents and width, and without the legal form.
struct NameKey: Equatable {
  let text: String

  init(_ name: String) {
    let words = Self.folded(name).split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let kept = words.filter { !Self.legalForms.contains($0) }
    var key = (kept.isEmpty ? words : kept).joined()
    if let ending = Self.chineseEndings.first(where: { key.hasSuffix($0) && key.count > $0.count }) { key.removeLast(ending.count) }
    text = key
  }

  /// Its pairs of neighbours, with a mark before and after.
  var grams: Set<String> {
    let characters = Array("^\(text)$")
    return Set(zip(characters, characters.dropFirst()).map { "\($0)\($1)" })
  }

  /// Small letters of the basic alphabet where there is one to a letter.
  private static func folded(_ name: String) -> String {
    var folded = ""
    for scalar in name.unicodeScalars {
      // Full-width forms of ASCII.
      let plain = (0xFF01...0xFF5E).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar
      if plain.properties.generalCategory == .nonspacingMark { continue }
      for small in plain.properties.lowercaseMapping.unicodeScalars { folded += letter(small) }
    }
    return folded
  }

  private static func letter(_ scalar: Unicode.Scalar) -> String {
    guard scalar.value > 0x7F else { return String(scalar) }
    if let pair = pairs[scalar] { return pair }
    // "LATIN SMALL LETTER U WITH DIAERESIS" is a u.
    guard let name = scalar.properties.name, name.hasPrefix("LATIN SMALL LETTER "),
      let letter = name.dropFirst(19).split(separator: " ").first,
      letter.utf8.count == 1, name.contains(" WITH ")
    else { return String(scalar) }
    return letter.lowercased()
  }

  private static let pairs: [Unicode.Scalar: String] = ["ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ł": "l", "đ": "d", "ı": "i"]

  private static let legalForms = Set(
    """
    gmbh ag kg kgaa ohg gbr ug se ev eg co cokg mbh ltd limited plc llc llp inc incorporated corp corporation company sa sas sarl sl bv nv spa srl ab
    as aps oy oyj kft zrt sro doo sp zoo pty pte bhd kk
    """.split(whereSeparator: \.isWhitespace).map(String.init))

  private static let chineseEndings = ["股份有限公司", "有限责任公司", "有限公司", "株式会社", "公司"]
}
