import RemitDocuments
import RemitSDK

/// How the ids of a kind of records are numbered: "C-{year}-{0000}".
struct RecordNumber: Sendable {
  private let before: String
  private let digits: Int
  private let after: String

  /// nil: the kind has none.
  init?(_ pattern: String) {
    guard let match = pattern.firstMatch(of: /\{(0{1,12})\}/) else { return nil }
    before = String(pattern[..<match.range.lowerBound])
    digits = match.1.utf8.count
    after = String(pattern[match.range.upperBound...])
  }

  static func fault(in pattern: String) -> Wording? {
    guard !pattern.isEmpty else { return nil }
    let rest = pattern.replacing("{year}", with: "").replacing("{month}", with: "").replacing(/\{0{1,12}\}/, with: "", maxReplacements: 1)
    guard RecordNumber(pattern) != nil, pattern.utf8.count <= 60, !rest.contains("{"), !rest.contains("}"),
      RecordID.fault(in: pattern) == nil
    else {
      return Wording("is no pattern such as C-{year}-{0000}: {0000} once, and {year} and {month} where wanted", "应为 C-{year}-{0000} 之类的格式")
    }
    return nil
  }

  /// What is counted by itself: the year's, where the year is in it.
  ///
  /// - Parameter today: "2026-11-27".
  func series(on today: String) -> String { "\(Self.filled(before, today)){}\(Self.filled(after, today))" }

  func id(_ number: Int64, on today: String) -> String {
    let text = "\(number)"
    return Self.filled(before, today) + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text + Self.filled(after, today)
  }

  private static func filled(_ text: String, _ today: String) -> String {
    text.replacing("{year}", with: today.prefix(4)).replacing("{month}", with: today.dropFirst(5).prefix(2))
  }
}

/// The id of a record, by which people and other records name it.
enum RecordID {
  static let bytesMax = 100

  /// What is wrong with one; nil: nothing.
  static func fault(in id: String) -> String? {
    if id.utf8.count > bytesMax { return "must have at most \(bytesMax) bytes" }
    let hasControls = id.unicodeScalars.contains {
      [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
    }
    guard !hasControls, id.plain.hasSameBytes(as: id) else {
      return "must be composed (Unicode's form C), without line breaks, signs that cannot be seen, and blanks around"
    }
    return nil
  }
}
