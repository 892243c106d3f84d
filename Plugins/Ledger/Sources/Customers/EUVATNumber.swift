/// VAT numbers of the states of the European Union and of Northern Ireland, and those of its One Stop Shop: their forms (VIES).
/// Story 35 compares what is taken and refused with what python-stdnum 2.2 takes and refuses.
enum EUVATNumber {
  /// The number with the letters of its state and all its leading zeros.
  static func plain(_ signs: [UInt8]) throws(IdentifierProblem) -> String {
    guard signs.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || "+*()".utf8.contains($0) }) else {
      throw .signs(.euVAT)
    }
    let letters = String(decoding: signs.prefix(2), as: UTF8.self)
    // Greece is EL in VAT numbers and GR elsewhere.
    let state = letters == "GR" ? "EL" : letters
    guard let forms = forms[state] else {
      throw IdentifierProblem("does not begin with the letters of a state of the EU, such as DE or EL")
    }
    let number = filled(Array(signs.dropFirst(2)), state)
    guard forms.contains(where: { $0.fits(number) }) else {
      throw IdentifierProblem("is no VAT number of \(state): its form is \(NumberForm.description(of: forms, after: state))")
    }
    let digits = number.digitValues
    guard isGivenOut(digits, state) else {
      throw IdentifierProblem("has the form of a VAT number of \(state), but not one that is given out: a sign is mistyped")
    }
    guard hasRightCheck(digits, state) else { throw IdentifierProblem("has a wrong check digit: a sign is mistyped") }
    return state + String(decoding: number, as: UTF8.self)
  }

  /// With the zeros that older forms lack: nine digits in Belgium until 2007 ("(0)" before them since), eight in Greece; in the Netherlands
  /// people leave out those of the BSN.
  private static func filled(_ number: [UInt8], _ state: String) -> [UInt8] {
    let zero = UInt8(ascii: "0")
    switch state {
    case "BE":
      let plain = number.starts(with: "(0)".utf8) ? [zero] + number.dropFirst(3) : number
      return plain.count == 9 ? [zero] + plain : plain
    case "EL": return number.count == 8 ? [zero] + number : number
    case "NL": return Array(repeating: zero, count: max(0, 12 - number.count)) + number
    default: return number
    }
  }

  private static let forms: [String: [NumberForm]] = [
    "AT": ["U99999999"], "BE": ["9999999999"], "BG": ["999999999", "9999999999"], "CY": ["99999999a"],
    "CZ": ["99999999", "999999999", "9999999999"], "DE": ["999999999"], "DK": ["99999999"], "EE": ["999999999"], "EL": ["999999999"],
    "ES": ["x9999999x"], "FI": ["99999999"], "FR": ["xx999999999"], "HR": ["99999999999"], "HU": ["99999999"],
    "IE": ["9999999a", "9999999aa", "9s99999a", "9s99999aa"], "IT": ["99999999999"], "LT": ["999999999", "999999999999"],
    "LU": ["99999999"], "LV": ["99999999999"], "MT": ["99999999"], "NL": ["999999999B99"], "PL": ["9999999999"], "PT": ["999999999"],
    // Of persons too, whose number has 13 digits.
    "RO": ((2...10) + [13]).map { String(repeating: "9", count: $0) },
    "SE": ["999999999901"], "SI": ["99999999"], "SK": ["9999999999"],
    // Those of the United Kingdom: trader, branch of a trader, government department (GD) or health authority (HA).
    "XI": ["999999999", "999999999999", "aa999", "aa888899999"],
    // One Stop Shop, of who has no seat in the EU, and of importers and their intermediaries.
    "EU": ["999999999"], "IM": ["9999999999"],
  ].mapValues { $0.map { NumberForm($0) } }
}
