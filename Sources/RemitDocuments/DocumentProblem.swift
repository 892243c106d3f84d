/// Where something stands in a document's text: line and column from 1, in characters.
public struct DocumentPlace: Sendable, Hashable, Comparable {
  public let line: Int
  public let column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (one: DocumentPlace, other: DocumentPlace) -> Bool { (one.line, one.column) < (other.line, other.column) }
}

/// A sentence in the languages that Remit speaks.
public struct Wording: Sendable, Hashable {
  public let english: String
  public let chinese: String

  public init(_ english: String, _ chinese: String) {
    self.english = english
    self.chinese = chinese
  }

  /// - Parameter locale: of a company or a caller: "zh-CN", "en".
  public func text(_ locale: String) -> String { locale.hasPrefix("zh") ? chinese : english }
}

/// What is wrong with a document, and where.
public struct DocumentProblem: Error, Sendable, Hashable {
  public let place: DocumentPlace
  /// Of the field: "steps[2].approve.by"; empty where it is about the whole.
  public let path: String
  public let wording: Wording

  public init(_ place: DocumentPlace, _ path: String, _ wording: Wording) {
    self.place = place
    self.path = path
    self.wording = wording
  }

  /// As compilers write it: "rule.late.yaml:3:5: ...".
  public func line(file: String, locale: String = "en") -> String { "\(file):\(place.line):\(place.column): \(wording.text(locale))" }
}

/// All that is wrong with a document, in the order of its text.
public struct DocumentProblems: Error, Sendable {
  public let all: [DocumentProblem]

  public init(_ all: [DocumentProblem]) { self.all = all.sorted { $0.place < $1.place } }
}
