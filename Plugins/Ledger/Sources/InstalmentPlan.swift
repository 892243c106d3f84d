import LedgerMessages
import RemitAPI
import RemitSDK

/// An instalment of a document: what is due when, and what is taken off for payment in time.
struct InstalmentPlan: Equatable {
  struct Part: Equatable {
    let minor: Int64
    let dueOn: CivilDate
    var discountMinor: Int64 = 0
    var discountUntil: CivilDate?
  }

  let parts: [Part]

  init(_ parts: [Part]) { self.parts = parts }

  /// Takes due date, terms or instalments of an invoice, of which it must have one.
  init?(_ invoice: Remit_Ledger_V1_Invoice, amount: Money?, issuedOn: CivilDate?, _ violations: inout Violations) {
    let ways = [!invoice.dueOn.isEmpty, invoice.hasTerms, !invoice.instalments.isEmpty].count { $0 }
    guard ways == 1 else {
      violations.add(
        "invoice.due_on", ways == 0 ? "must be given, or terms, or instalments" : "and terms and instalments exclude each other")
      return nil
    }
    if !invoice.instalments.isEmpty {
      self.init(invoice.instalments, amount: amount, &violations)
    } else if invoice.hasTerms {
      self.init(invoice.terms, amount: amount, issuedOn: issuedOn, &violations)
    } else {
      guard let dueOn = violations.date(invoice.dueOn, "invoice.due_on"), let amount else { return nil }
      self.init([Part(minor: amount.minor, dueOn: dueOn)])
    }
  }

  private init?(_ terms: Remit_Ledger_V1_PaymentTerms, amount: Money?, issuedOn: CivilDate?, _ violations: inout Violations) {
    if !(0...3650).contains(terms.netDays) { violations.add("invoice.terms.net_days", "must be 0 to 3650") }
    if !(0...31).contains(terms.dayOfMonth) { violations.add("invoice.terms.day_of_month", "must be 1 to 31, or 0 for none") }
    if terms.endOfMonth, terms.dayOfMonth != 0 { violations.add("invoice.terms.day_of_month", "and end_of_month exclude each other") }
    let discount = terms.discountPercent.isEmpty ? nil : DecimalNumber(terms.discountPercent)
    if !terms.discountPercent.isEmpty {
      if discount.map({ $0.value > 0 && $0 < 100 && $0.decimals <= 6 }) != true {
        violations.add("invoice.terms.discount_percent", "must be a number over 0 and under 100, such as 2.5")
      }
      if terms.discountDays < 0 || terms.discountDays > terms.netDays {
        violations.add("invoice.terms.discount_days", "must be 0 to net_days")
      }
    }
    guard let amount, let issuedOn, violations.isEmpty else { return nil }
    var dueOn = issuedOn.adding(days: terms.netDays)
    if terms.endOfMonth { dueOn = dueOn.endOfMonth }
    if (1...31).contains(terms.dayOfMonth) { dueOn = dueOn.next(dayOfMonth: Int(terms.dayOfMonth)) }
    var part = Part(minor: amount.minor, dueOn: dueOn)
    if let discount {
      part.discountMinor = discount.percent(of: amount.minor)
      if part.discountMinor > 0 { part.discountUntil = issuedOn.adding(days: terms.discountDays) }
    }
    self.init([part])
  }

  private init?(_ instalments: [Remit_Ledger_V1_Instalment], amount: Money?, _ violations: inout Violations) {
    guard instalments.count <= 120 else {
      violations.add("invoice.instalments", "are more than 120")
      return nil
    }
    let byPercent = !instalments[0].percent.isEmpty
    var parts: [Part] = []
    var percents = Int64(0)
    for (index, instalment) in instalments.enumerated() {
      let field = "invoice.instalments[\(index)]"
      let dueOn = violations.date(instalment.dueOn, "\(field).due_on")
      guard instalment.percent.isEmpty != byPercent, instalment.hasAmount != byPercent else {
        violations.add(field, "needs an amount or a percent, as the first one has")
        continue
      }
      var minor: Int64?
      if byPercent {
        let percent = DecimalNumber(instalment.percent)
        guard let percent, percent.value > 0, percent < 101, percent.decimals <= 4 else {
          violations.add("\(field).percent", "must be a number over 0 and up to 100, such as 33.33")
          continue
        }
        percents += percent.minor(decimals: 4) ?? 0
        minor = amount.map { percent.percent(of: $0.minor) }
      } else if let money = violations.money(instalment.amount, "\(field).amount") {
        if money.currency != amount?.currency { violations.add("\(field).amount", "is in another currency than the invoice") }
        minor = money.minor
      }
      guard let dueOn, let minor else { continue }
      parts.append(Part(minor: minor, dueOn: dueOn))
    }
    guard let amount, parts.count == instalments.count else { return nil }
    if byPercent {
      if percents != 1_000_000 { violations.add("invoice.instalments", "have percents that are not 100 together") }
      let rest = amount.minor - parts.dropLast().reduce(0) { $0 + $1.minor }
      parts[parts.count - 1] = Part(minor: rest, dueOn: parts[parts.count - 1].dueOn)
    }
    if parts.contains(where: { $0.minor <= 0 }) { violations.add("invoice.instalments", "must each be more than 0") }
    if parts.reduce(0, { $0 + $1.minor }) != amount.minor {
      violations.add("invoice.instalments", "are not the amount of the invoice together")
    }
    if parts.map(\.dueOn) != parts.map(\.dueOn).sorted() {
      violations.add("invoice.instalments", "must be in the order of their due dates")
    }
    self.init(parts)
  }
}

extension DecimalNumber {
  /// So many percent of an amount in minor units, rounded half away from zero. The number is under 1000.
  func percent(of minor: Int64) -> Int64 {
    let product = Int128(minor) * Int128(value)
    let divisor = (0..<decimals).reduce(Int128(100)) { power, _ in power * 10 }
    let (quotient, remainder) = product.quotientAndRemainder(dividingBy: divisor)
    return Int64(remainder.magnitude * 2 >= divisor.magnitude ? quotient + product.signum() : quotient)
  }

  static func < (number: DecimalNumber, whole: Int64) -> Bool {
    Int128(number.value) < (0..<number.decimals).reduce(Int128(whole)) { power, _ in power * 10 }
  }
}
