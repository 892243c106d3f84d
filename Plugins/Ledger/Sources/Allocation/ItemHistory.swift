import RemitAPI

/// What was open of an item, without its sign, from the days on which it changed. What is allocated with effect from a day must be open on that day and on
/// every day after it: else the item would be settled twice in between.
struct ItemHistory: Equatable {
  private struct Change: Equatable {
    let day: CivilDate
    var openMinor: Int64
  }

  /// In the order of their days, of which each is there once.
  private var changes: [Change] = []

  /// An item that nothing has changed yet.
  init(_ minor: Int64, from day: CivilDate) { changes = [Change(day: day, openMinor: minor)] }

  /// - Parameter text: "2026-03-10 1000,2026-05-15 -500": what it changed by, with its sign, in the order of days.
  init(_ text: String, side: Int16) throws(CallError) {
    var openMinor = Int64(0)
    for change in text.split(separator: ",") {
      let parts = change.split(separator: " ")
      guard parts.count == 2, let day = CivilDate(parts[0]), let minor = Int64(parts[1]) else {
        throw CallError(.internal, "HISTORY", "the history of an item cannot be read: \(change)")
      }
      openMinor += side == 1 ? minor : -minor
      changes.append(Change(day: day, openMinor: openMinor))
    }
  }

  /// The first day from which on so much is open, whatever happened later; nil where it is not even now.
  func firstDay(with minor: Int64) -> CivilDate? {
    var first: CivilDate?
    for change in changes.reversed() {
      guard change.openMinor >= minor else { break }
      first = change.day
    }
    return first
  }

  mutating func take(_ minor: Int64, from day: CivilDate) {
    if !changes.contains(where: { $0.day == day }) {
      let before = changes.last { $0.day < day }?.openMinor ?? 0
      changes.insert(Change(day: day, openMinor: before), at: changes.firstIndex { $0.day > day } ?? changes.endIndex)
    }
    for index in changes.indices where changes[index].day >= day { changes[index].openMinor -= minor }
  }
}
