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
  /// The day on which it is in the books; nil: receivedOn.
  var postedOn: CivilDate?
  var bankText = ""
  /// What came in, in another currency than what it settles; then the rate is of that.
  var paid: Money?
  var own = OwnFields.none

  func problems(today: CivilDate, base: Currency) -> [(field: String, message: String)] {
    var problems: [(field: String, message: String)] = []
    if amount.minor <= 0 { problems.append(("amount", "must be more than 0; a refund is not a receipt")) }
    if receivedOn > today { problems.append(("received_on", "is after today, \(today)")) }
    problems += PostingDay.problems(postedOn, of: receivedOn, "received_on", today: today)
    if let paid {
      if paid.minor <= 0 { problems.append(("paid", "must be more than 0")) }
      if paid.currency == amount.currency { problems.append(("paid", "is in the currency of the amount, and says nothing then")) }
    }
    problems += ExchangeRate.problems(rate, of: booked, base: base)
    return problems
  }

  /// What the books have.
  var booked: Money { paid ?? amount }
}
