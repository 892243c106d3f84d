import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func listExchangeRates(
    _ request: Remit_Ledger_V1_ListExchangeRatesRequest, _ call: Call
  ) async throws -> Remit_Ledger_V1_ListExchangeRatesReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 4)
    // After every date: the newest first.
    var after = (day: CivilDate(days: .max), currency: "", source: "", row: Int64(0))
    if let key = page.after {
      guard let day = CivilDate(key[0]), let row = Int64(key[3]) else { throw Page.badToken }
      after = (day, key[1], key[2], row)
    }
    let results = try await call.query([
      Statement(
        """
        SELECT source, currency, valid_on, rate, recorded_by, recorded_at, place FROM (
          SELECT *, row_number() OVER (PARTITION BY valid_on, currency, source ORDER BY recorded_at DESC) AS place FROM ledger.exchange_rate
           WHERE valid_on <= $1 AND ($4 = '' OR currency = $4) AND ($5 = '' OR source = $5)) r
         WHERE (place = 1 OR $7) AND (valid_on < $1 OR (currency, source, place) > ($2, $3, $8))
         ORDER BY valid_on DESC, currency, source, place LIMIT $6
        """,
        [
          .date(after.day), .text(after.currency), .text(after.source), .text(request.currency), .text(request.source),
          .int8(Int64(page.size + 1)), .bool(request.history), .int8(after.row),
        ])
    ])
    let found = try results[0].map { row in (rate: try Remit_Ledger_V1_ExchangeRate(row: &row), place: try row.int8()) }
    let (rates, nextToken) = page.cut(found) { [$0.rate.validOn, $0.rate.currency, $0.rate.source, "\($0.place)"] }
    return .with {
      $0.rates = rates.map(\.rate)
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
