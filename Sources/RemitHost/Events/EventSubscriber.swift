import RemitAPI
import RemitPostgres
import SwiftProtobuf

/// Whom a company's events are told: a module, or a system of the company's own.
protocol EventSubscriber: Sendable {
  /// As in host.cursor: "notes", "webhook/erp".
  var name: String { get }
  /// Full names of the events that it wants.
  var types: [String] { get }
  func tell(_ event: DeliveredEvent) async -> DeliveryOutcome
  /// After the events of a lease, whose place is kept by now.
  func end() async throws
  /// Whatever happened, last.
  func close() async
}

/// Subscribers of one kind, which have servers' attention of their own.
protocol EventSubscribers: Sendable {
  /// What their names in host.cursor are, up to a slash and with it.
  var names: [String] { get }
  /// How many are told at once; of one company at most two, so that its slow ones do not hold up the others.
  var atOnceMax: Int { get }
  /// One that could not be told is tried again after so many seconds at most.
  var absenceSecondsMax: Int32 { get }
  /// nil: there is none of the name that can be told.
  func subscriber(_ name: String, of tenant: Tenant, today: String, now: Google_Protobuf_Timestamp) async throws -> (any EventSubscriber)?
}

struct DeliveredEvent: Sendable {
  let sequence: Int64
  let type: String
  let aggregate: String
  let payload: [UInt8]
  let hops: Int16
  let recordedAt: Google_Protobuf_Timestamp
  /// Whether it is, or waits behind, one that was refused.
  let isParked: Bool

  /// Of host.event e, but the last.
  static let columns = "e.sequence, e.type, e.aggregate, e.payload, e.hops, e.recorded_at"

  init(row: inout CellReader) throws {
    sequence = try row.int8()
    type = try row.text()
    aggregate = try row.text()
    payload = try row.bytes()
    hops = try row.int2()
    recordedAt = try row.timestamptz()
    isParked = try row.bool()
  }
}

enum DeliveryOutcome {
  case done
  case refused(String)
  /// Nobody could be told anything now.
  case away(String)
  /// It is another now, or none: who leases it next is told.
  case changed
}
