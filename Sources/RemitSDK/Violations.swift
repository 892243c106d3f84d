public import FoundationEssentials
public import RemitAPI
public import SwiftProtobuf

/// Collects everything that is wrong with a request, so that the caller hears of all of it at once.
public struct Violations: Sendable {
  private var found: [(field: String, message: String)] = []

  public init() {}

  /// - Parameters:
  ///   - field: its path in the request: "invoice.due_on".
  ///   - message: to be read after it: "must be given".
  public mutating func add(_ field: String, _ message: String) { found.append((field, message)) }

  public var isEmpty: Bool { found.isEmpty }

  public func throwIfAny() throws(CallError) {
    guard found.isEmpty else { throw .invalid(found) }
  }

  /// A short text that a person reads.
  public mutating func text(_ text: String, _ field: String, charactersMax: Int, mayBeEmpty: Bool = false) {
    if text.isEmpty && mayBeEmpty { return }
    if let problem = Self.problem(of: text, charactersMax: charactersMax) { add(field, problem) }
  }

  /// A number or name as it is kept (`String.plain`).
  public mutating func plain(_ text: String, _ field: String, charactersMax: Int, mayBeEmpty: Bool = false) -> String {
    let plain = text.plain
    self.text(plain, field, charactersMax: charactersMax, mayBeEmpty: mayBeEmpty)
    return plain
  }

  /// nil where it is none; it was added then. So of all that follow.
  public mutating func uuid(_ text: String, _ field: String) -> UUID? {
    let id = UUID(uuidString: text)
    if id == nil { add(field, text.isEmpty ? "must be given" : "is not a UUID, such as 0193e0c2-1f6c-7d3a-8a53-6d0b4f3c2a10") }
    return id
  }

  /// A day on which something of a company can be.
  public mutating func date(_ text: String, _ field: String) -> CivilDate? {
    guard let date = CivilDate(text) else {
      add(field, text.isEmpty ? "must be given" : "is not a date such as 2026-11-24")
      return nil
    }
    guard CivilDate.ofCompanies.contains(date) else {
      add(field, "must be from \(CivilDate.ofCompanies.lowerBound) to \(CivilDate.ofCompanies.upperBound)")
      return nil
    }
    return date
  }

  /// - Parameter instant: as known at which something is asked; nil: now.
  public mutating func knownAt(_ instant: Google_Protobuf_Timestamp?, _ call: Call) {
    guard let instant, instant.seconds > call.settledUntil.seconds else { return }
    add("known_at", "must be at least \(call.now.seconds - call.settledUntil.seconds) s past: younger calls may not have ended")
  }

  public mutating func money(_ money: Remit_Type_V1_Money, _ field: String) -> Money? {
    do throws(MoneyProblem) {
      return try Money(money)
    } catch {
      add(field, "\(error)")
      return nil
    }
  }

  /// What is wrong with a text that a person reads: nothing, or one line.
  public static func problem(of text: String, charactersMax: Int) -> String? {
    if text.isEmpty { return "must be given" }
    // A character can have any number of marks: what is counted are code points.
    if text.utf8.count > charactersMax, text.unicodeScalars.count > charactersMax { return "is longer than \(charactersMax) characters" }
    if text.first?.isWhitespace == true || text.last?.isWhitespace == true { return "begins or ends with a blank" }
    if text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) {
      return "holds a control character, such as a line break or a tab"
    }
    return nil
  }
}

extension CivilDate {
  /// Dates out of it are mistyped; and whatever is counted on from them is still a day.
  public static let ofCompanies = CivilDate(days: -36_524)...CivilDate(days: 73_048)  // 1900-01-01 to 2199-12-31
}
