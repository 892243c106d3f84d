import FoundationEssentials
import RemitAPI
import RemitSDK

/// A receipt that is to be posted.
struct NewReceipt {
  var customerID: UUID
  /// nil: its id.
  var number: String?
  let amount: Money
  let receivedOn: CivilDate
  let externalID: String?
  var rate: ExchangeRate?
  /// The posting profile; nil: the customer's.
  var profile: String?

  func problems(today: CivilDate, base: Currency) -> [(field: String, message: String)] {
    var problems: [(field: String, message: String)] = []
    if amount.minor <= 0 { problems.append(("amount", "must be more than 0; a refund is not a receipt")) }
    if receivedOn > today { problems.append(("received_on", "is after today, \(today)")) }
    problems += ExchangeRate.problems(rate, of: amount, base: base)
    return problems
  }
}
