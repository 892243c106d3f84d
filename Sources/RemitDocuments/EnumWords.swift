/// The words of an enum as documents and expressions write them: "first" for HIT_POLICY_FIRST of an enum HitPolicy, and for FIRST.
package enum EnumWords {
  /// - Parameter type: the name of the enum, full or short.
  package static func written(_ name: String, of type: String) -> String {
    let short = type.split(separator: ".").last ?? ""
    let prefix =
      short.reduce(into: "") { text, letter in text += (letter.isUppercase && !text.isEmpty ? "_" : "") + letter.uppercased() } + "_"
    return String(name.hasPrefix(prefix) ? name.dropFirst(prefix.count) : name[...]).lowercased()
  }
}
