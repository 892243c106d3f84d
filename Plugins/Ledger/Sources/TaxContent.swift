import RemitAPI
import RemitSDK
import SwiftProtobuf

/// How much of a document is tax, by rate: what is corrected with a part of it that is not paid after all.
struct TaxContent: Equatable {
  struct Rate: Equatable {
    /// In percent; empty where it is not known.
    let percent: String
    let minor: Int64
  }

  let documentMinor: Int64
  let rates: [Rate]

  /// The tax in a part of the document, each rate rounded half away from zero. (2006/112/EC Art. 90, § 17 UStG)
  func tax(in minor: Int64) -> [Rate] {
    guard documentMinor > 0 else { return [] }
    return rates.compactMap { rate in
      let product = Int128(minor) * Int128(rate.minor)
      let share = (2 * product + Int128(documentMinor)) / (2 * Int128(documentMinor))
      return share == 0 ? nil : Rate(percent: rate.percent, minor: Int64(share))
    }
  }

  /// - Parameter text: "19:1900 7:35", as it is selected.
  init(documentMinor: Int64, _ text: String) throws(CallError) {
    self.documentMinor = documentMinor
    var rates: [Rate] = []
    for part in text.split(separator: " ") {
      let parts = part.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let minor = Int64(parts[1]) else {
        throw CallError(.internal, "TAX", "the tax of a document cannot be read: \(part)")
      }
      rates.append(Rate(percent: String(parts[0]), minor: minor))
    }
    self.rates = rates
  }

  init(documentMinor: Int64, rates: [Rate]) {
    self.documentMinor = documentMinor
    self.rates = rates
  }
}

/// Which taxes a company corrects.
struct TaxPolicy {
  let correctsDiscounts: Bool
  let correctsWriteOffs: Bool

  /// Of a company that has set none.
  static let both = TaxPolicy(correctsDiscounts: true, correctsWriteOffs: true)

  static let select = Statement("SELECT correct_discounts, correct_write_offs FROM ledger.tax_policy")

}

extension TaxPolicy {
  /// - Parameter rows: of `select`.
  init(_ rows: Rows) throws {
    self = try rows.map { row in TaxPolicy(correctsDiscounts: try row.bool(), correctsWriteOffs: try row.bool()) }.first ?? .both
  }
}

extension Ledger {
  func setTaxPolicy(_ request: Remit_Ledger_V1_SetTaxPolicyRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_TaxPolicy> {
    Write(
      [
        Statement(
          """
          INSERT INTO ledger.tax_policy AS p (correct_discounts, correct_write_offs, recorded_at, recorded_by) VALUES ($1, $2, $3, $4)
          ON CONFLICT (tenant_id) DO UPDATE
             SET (correct_discounts, correct_write_offs, recorded_at, recorded_by, version) = ($1, $2, $3, $4, p.version + 1)
          """,
          [
            .bool(request.policy.correctDiscounts), .bool(request.policy.correctWriteOffs), .timestamptz(call.now),
            .text(call.principal.name),
          ])
      ], reply: request.policy, resource: "tax_policy")
  }

  func getTaxPolicy(_: Remit_Ledger_V1_GetTaxPolicyRequest, _ call: Call) async throws -> Remit_Ledger_V1_TaxPolicy {
    let policy = try TaxPolicy(try await call.query([TaxPolicy.select])[0])
    return .with {
      $0.correctDiscounts = policy.correctsDiscounts
      $0.correctWriteOffs = policy.correctsWriteOffs
    }
  }
}
