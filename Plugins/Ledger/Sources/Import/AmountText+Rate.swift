import LedgerMessages
import RemitSDK

extension AmountText {
  /// An exchange rate: "7.2345", "7,2345".
  static func rate(_ text: String, mark: Mark) throws(CellProblem) -> ExchangeRate {
    guard text.utf8.count <= bytesMax else { throw CellProblem("is not a rate such as 7.2345, or 1/1.0850") }
    let plain = CellText.plain(text)
    let inverse = plain.hasPrefix("1/") ? "1/" : ""
    guard let rate = ExchangeRate(inverse + (try pointed(String(plain.dropFirst(inverse.count)), mark))), rate.number.value > 0 else {
      throw CellProblem("is not a rate such as 7.2345, or 1/1.0850")
    }
    return rate
  }
}

extension AmountText.Mark {
  init(_ mark: Remit_Ledger_V1_DecimalMark) {
    self =
      switch mark {
      case .point: .point
      case .comma: .comma
      case .unspecified, .UNRECOGNIZED: .unspecified
      }
  }
}

extension DateText.Order {
  init(_ order: Remit_Ledger_V1_DateOrder) {
    self =
      switch order {
      case .yearMonthDay: .yearMonthDay
      case .dayMonthYear: .dayMonthYear
      case .monthDayYear: .monthDayYear
      case .unspecified, .UNRECOGNIZED: .unspecified
      }
  }
}
