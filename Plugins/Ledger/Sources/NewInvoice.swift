import FoundationEssentials
import RemitAPI
import RemitSDK

/// An invoice that is to be posted, from a request or from a row of a file.
struct NewInvoice {
  var customerID: UUID
  var number: String
  let amount: Money
  /// How much of the amount is tax.
  let taxMinor: Int64
  let issuedOn: CivilDate
  let instalments: InstalmentPlan
  var taxes: [TaxShare] = []
  let externalID: String?
  /// One unit of its currency in the base currency; nil where it is the base currency.
  var rate: ExchangeRate?
  /// The posting profile; nil: the customer's.
  var profile: String?
  /// The day on which it is in the books; nil: issuedOn.
  var postedOn: CivilDate?
  /// An encoded PaymentTerms.
  var payment: [UInt8]?
  var own = OwnFields.none

  /// What forbids it, by the name of the field in remit.ledger.v1.Invoice.
  ///
  /// - Parameter dayName: what its day is called where it comes from.
  func problems(today: CivilDate, base: Currency, dayName: String = "issued_on") -> [(field: String, message: String)] {
    var problems: [(field: String, message: String)] = []
    if amount.minor < 0 { problems.append(("amount", "must not be negative; a credit is not an invoice")) }
    if taxMinor < 0 { problems.append(("tax", "must not be negative")) }
    if taxMinor > max(0, amount.minor) { problems.append(("tax", "is more than the amount")) }
    if issuedOn > today { problems.append(("issued_on", "is after today, \(today)")) }
    problems += PostingDay.problems(postedOn, of: issuedOn, dayName, today: today)
    if instalments.parts.contains(where: { $0.dueOn < issuedOn }) { problems.append(("due_on", "is before the invoice was issued")) }
    problems += ExchangeRate.problems(rate, of: amount, base: base)
    return problems
  }
}
