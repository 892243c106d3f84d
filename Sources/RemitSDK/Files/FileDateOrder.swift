/// What the first date of a file that allows only one order, such as 13/5/2013, says of the others: one file has one order.
public struct FileDateOrder: Sendable, Equatable {
  /// Day first, or month first.
  public let order: DateText.Order
  /// On which it is.
  public let line: Int

  public init(order: DateText.Order, line: Int) {
    self.order = order
    self.line = line
  }

  public func contradiction(on line: Int) -> CellProblem {
    let (other, own) = order == .dayMonthYear ? ("day", "month") : ("month", "day")
    return CellProblem(
      "on line \(line) has the \(own) first, and a date on line \(self.line) has the \(other) first: one file has one order (date order)")
  }
}
