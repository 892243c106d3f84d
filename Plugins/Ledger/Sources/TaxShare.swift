import RemitAPI
import RemitSDK

/// The tax of a document at one rate.
struct TaxShare: Equatable {
  let ratePercent: String
  let netMinor: Int64
  let taxMinor: Int64

  /// Takes the taxes of an invoice; they must be its amount and tax together.
  static func of(_ invoice: Remit_Ledger_V1_Invoice, amount: Money?, tax: Money?, _ violations: inout Violations) -> [TaxShare] {
    guard !invoice.taxes.isEmpty else { return [] }
    var shares: [TaxShare] = []
    if invoice.taxes.count > 20 { violations.add("invoice.taxes", "are more than 20") }
    for (index, line) in invoice.taxes.prefix(20).enumerated() {
      let field = "invoice.taxes[\(index)]"
      let rate = DecimalNumber(line.ratePercent)
      if rate.map({ $0.value >= 0 && $0.decimals <= 4 && $0 < 1000 }) != true {
        violations.add("\(field).rate_percent", "must be a number such as 19 or 7.7")
      }
      let net = violations.money(line.net, "\(field).net")
      let tax = violations.money(line.tax, "\(field).tax")
      guard let rate, let net, let tax else { continue }
      if net.currency != amount?.currency || tax.currency != amount?.currency {
        violations.add(field, "is in another currency than the invoice")
      }
      if net.minor < 0 || tax.minor < 0 { violations.add(field, "must not be negative") }
      if abs(rate.percent(of: net.minor) - tax.minor) > 1 {
        violations.add(
          "\(field).tax",
          "is not \(line.ratePercent) % of the net amount, which is \(net.currency.text(minor: rate.percent(of: net.minor)))")
      }
      shares.append(TaxShare(ratePercent: line.ratePercent, netMinor: net.minor, taxMinor: tax.minor))
    }
    guard let amount, shares.count == invoice.taxes.count else { return shares }
    let taxMinor = shares.reduce(0) { $0 + $1.taxMinor }
    if shares.reduce(taxMinor, { $0 + $1.netMinor }) != amount.minor {
      violations.add("invoice.taxes", "with their net amounts are not the amount of the invoice")
    }
    if let tax, tax.minor != taxMinor { violations.add("invoice.taxes", "are not the tax of the invoice together") }
    return shares
  }
}
