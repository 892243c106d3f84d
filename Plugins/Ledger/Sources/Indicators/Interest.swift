import RemitAPI
import RemitSDK

/// Simple interest on what was open of an item after its due date.
struct Interest: Equatable {
  struct Segment: Equatable {
    let first: CivilDate
    let last: CivilDate
    let minor: Int128
    var days: Int32 { last.days - first.days + 1 }
  }

  let segments: [Segment]
  /// Rounded half away from zero, once.
  let minor: Int128

  /// - Parameters:
  ///   - changes: of what is open, with the day from whose end on they hold; by day.
  ///   - after: the day after which is charged: the due date, or the last day charged before.
  ///   - last: the last day charged.
  ///   - annualPercent: under 1000, with at most 6 decimals; a year is 365 days.
  init(changes: [(day: CivilDate, minor: Int128)], after: CivilDate, last: CivilDate, annualPercent: DecimalNumber) {
    var segments: [Segment] = []
    var first = after.adding(days: 1)
    var open = Int128(0)
    func close(before day: CivilDate) {
      if open > 0, first < day { segments.append(Segment(first: first, last: day.adding(days: -1), minor: open)) }
      first = max(first, day)
    }
    for change in changes where change.day <= last {
      // A payment ends the interest with its day: the debt was there until then.
      close(before: change.day.adding(days: 1))
      open += change.minor
    }
    close(before: last.adding(days: 1))
    self.segments = segments
    let product = segments.reduce(Int128(0)) { $0 + $1.minor * Int128($1.days) } * Int128(annualPercent.value)
    let divisor = Int128(36_500) * Int128(DecimalNumber.power(of10: annualPercent.decimals))
    minor = (2 * product + divisor) / (2 * divisor)
  }
}
