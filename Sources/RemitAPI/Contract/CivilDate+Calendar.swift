extension CivilDate {
  public func adding(days count: Int32) -> CivilDate { CivilDate(days: days + count) }

  /// The same day of another month; in a shorter month its last day.
  public func adding(months count: Int) -> CivilDate {
    let (year, month, day) = yearMonthDay
    let months = year * 12 + month - 1 + count
    let first = CivilDate(year: months / 12, month: months % 12 + 1, day: 1)
    return CivilDate(year: months / 12, month: months % 12 + 1, day: day) ?? first?.endOfMonth ?? self
  }

  /// The last day of its month.
  public var endOfMonth: CivilDate {
    let (year, month, _) = yearMonthDay
    let firstOfNext = month == 12 ? CivilDate(year: year + 1, month: 1, day: 1) : CivilDate(year: year, month: month + 1, day: 1)
    // Only the month after December 9999 does not exist.
    return firstOfNext?.adding(days: -1) ?? self
  }

  /// The next day of the month with this number, today included; in a shorter month its last day.
  public func next(dayOfMonth day: Int) -> CivilDate {
    func inMonth(of date: CivilDate) -> CivilDate {
      let (year, month, _) = date.yearMonthDay
      return CivilDate(year: year, month: month, day: day) ?? date.endOfMonth
    }
    let thisMonth = inMonth(of: self)
    return thisMonth >= self ? thisMonth : inMonth(of: endOfMonth.adding(days: 1))
  }
}
