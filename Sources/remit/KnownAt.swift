import ArgumentParser
import RemitAPI
import SwiftProtobuf

/// As known at which instant a report is asked.
struct KnownAt: ParsableArguments {
  @Option(help: ArgumentHelp("As it was known at this instant. (default: now)", valueName: "yyyy-mm-ddThh:mm:ssZ")) var knownAt: String?

  /// nil: now.
  func instant() throws -> Google_Protobuf_Timestamp? {
    guard let knownAt else { return nil }
    do {
      return try Google_Protobuf_Timestamp(jsonString: "\"\(knownAt)\"")
    } catch {
      throw ValidationError("--known-at is an instant such as 2026-11-24T08:00:00Z, not \(knownAt)")
    }
  }
}
