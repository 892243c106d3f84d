import LedgerMessages
import RemitAPI
import RemitSDK

/// The tax of a document at one rate.
struct TaxShare: Equatable {
  let ratePercent: String
  let netMinor: Int64
  let taxMinor: Int64

  /// The tax of a document as shares of its amount, rate by rate.
  ///
  /// - Parameter taxMinor: all of it, where the rates are not known.
  static func shares(_ taxes: [TaxShare], _ taxMinor: Int64) -> [Share] {
    guard taxes.isEmpty else { return taxes.map { Share(account: "tax", minor: $0.taxMinor, taxRate: $0.ratePercent) } }
    return taxMinor == 0 ? [] : [Share(account: "tax", minor: taxMinor, taxRate: "")]
  }

  /// Takes the taxes of an invoice or a note; they must be its amount and tax together.
  ///
  /// - Parameter document: the name of its field.
  static func of(
    _ lines: [Remit_Ledger_V1_TaxLine], _ document: String, amount: Money?, tax: Money?, _ violations: inout Violations
  ) -> [TaxShare] {
    guard !lines.isEmpty else { return [] }
    var shares: [TaxShare] = []
    for (index, line) in lines.enumerated() {
      let field = "\(document).taxes[\(index)]"
      let rate = DecimalNumber(line.ratePercent)
      let isRate = rate.map { $0.value >= 0 && $0.decimals <= 4 && $0 < 1000 } ?? false
      if !isRate { violations.add("\(field).rate_percent", "must be a number such as 19 or 7.7") }
      let net = violations.money(line.net, "\(field).net")
      let tax = violations.money(line.tax, "\(field).tax")
      guard isRate, let rate, let net, let tax else { continue }
      if net.currency != amount?.currency || tax.currency != amount?.currency {
        violations.add(field, "is in another currency than the amount")
      }
      if net.minor < 0 || tax.minor < 0 { violations.add(field, "must not be negative") }
      if abs(rate.percent(of: net.minor) - tax.minor) > 1 {
        violations.add(
          "\(field).tax",
          "is not \(line.ratePercent) % of the net amount, which is \(net.currency.text(minor: rate.percent(of: net.minor)))")
      }
      shares.append(TaxShare(ratePercent: line.ratePercent, netMinor: net.minor, taxMinor: tax.minor))
    }
    guard let amount, shares.count == lines.count else { return shares }
    let taxMinor = shares.reduce(0) { $0 + $1.taxMinor }
    if shares.reduce(taxMinor, { $0 + $1.netMinor }) != amount.minor {
      violations.add("\(document).taxes", "with their net amounts are not the amount")
    }
    if let tax, tax.minor != taxMinor { violations.add("\(document).taxes", "are not the tax together") }
    return shares
  }
}
