import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func listExchangeRates(
    _ request: Remit_Ledger_V1_ListExchangeRatesRequest, _ call: Call
  ) async throws -> Remit_Ledger_V1_ListExchangeRatesReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 3)
    // After every date: the newest first.
    var after = (day: CivilDate(days: .max), currency: "", source: "")
    if let key = page.after {
      guard let day = CivilDate(key[0]) else { throw Page.badToken }
      after = (day, key[1], key[2])
    }
    let results = try await call.query([
      Statement(
        """
        SELECT DISTINCT ON (valid_on, currency, source) source, currency, valid_on, rate, recorded_by, recorded_at FROM ledger.exchange_rate
         WHERE (valid_on < $1 OR valid_on = $1 AND (currency, source) > ($2, $3)) AND ($4 = '' OR currency = $4) AND ($5 = '' OR source = $5)
         ORDER BY valid_on DESC, currency, source, recorded_at DESC LIMIT $6
        """,
        [
          .date(after.day), .text(after.currency), .text(after.source), .text(request.currency), .text(request.source),
          .int8(Int64(page.size + 1)),
        ])
    ])
    let (rates, nextToken) = page.cut(try results[0].map(Remit_Ledger_V1_ExchangeRate.init(row:))) { [$0.validOn, $0.currency, $0.source] }
    return .with {
      $0.rates = rates
      $0.nextPageToken = nextToken
    }
  }
}

extension Remit_Ledger_V1_ExchangeRate {
  /// - Parameter row: source, currency, valid_on, rate, recorded_by, recorded_at.
  fileprivate init(row: inout CellReader) throws {
    self.init()
    source = try row.text()
    currency = try row.text()
    validOn = "\(try row.date())"
    rate = try row.text()
    recordedBy = try row.text()
    recordedAt = try row.timestamptz()
  }
}
