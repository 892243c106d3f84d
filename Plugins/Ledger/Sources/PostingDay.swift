import RemitAPI

/// The day on which a document is in the books, where that is not its own.
enum PostingDay {
  /// - Parameter own: the name of the field with the document's own day.
  static func problems(_ postedOn: CivilDate?, of day: CivilDate, _ own: String, today: CivilDate) -> [(field: String, message: String)] {
    guard let postedOn else { return [] }
    if postedOn < day { return [("posted_on", "is before \(own), \(day)")] }
    return postedOn > today ? [("posted_on", "is after today, \(today)")] : []
  }
}
