import FoundationEssentials
public import SwiftProtobuf

/// A page of a list (google.aip.dev/158): how many rows, and after which. Lists are read one row beyond the page, to know whether there is more.
public struct Page: Sendable {
  public let size: Int
  /// The sort key of the last row of the page before; nil on the first.
  public let after: [String]?

  public static let sizeMax = 1000
  private static let separator = "\u{1F}"

  /// - Parameters:
  ///   - size: 0 is 100.
  ///   - keys: of how many parts the sort key is.
  public init(size: Int32, token: String, keys: Int) throws(CallError) {
    guard (0...Int32(Self.sizeMax)).contains(size) else { throw .invalid([("page_size", "must be 1 to \(Self.sizeMax), or 0 for 100")]) }
    self.size = size == 0 ? 100 : Int(size)
    guard !token.isEmpty else {
      after = nil
      return
    }
    let parts = Data(base64Encoded: token).flatMap { String(data: $0, encoding: .utf8) }?.components(separatedBy: Self.separator)
    guard let parts, parts.count == keys else { throw Self.badToken }
    after = parts
  }

  public static let badToken = CallError.invalid([("page_token", "is not the next_page_token of an earlier page")])

  /// The instant that the first part of a key is, as `text` writes it.
  public static func instant(_ parts: [String]) throws(CallError) -> Google_Protobuf_Timestamp {
    guard let microseconds = Int64(parts[0]), (0...253_402_300_799_000_000).contains(microseconds) else { throw badToken }
    return Google_Protobuf_Timestamp(seconds: microseconds / 1_000_000, nanos: Int32(microseconds % 1_000_000) * 1000)
  }

  public static func text(_ instant: Google_Protobuf_Timestamp) -> String {
    String(instant.seconds * 1_000_000 + Int64(instant.nanos / 1000))
  }

  /// The rows of the page out of those read, and the token of the next.
  public func cut<Row>(_ rows: [Row], key: (Row) -> [String]) -> (rows: [Row], nextToken: String) {
    guard rows.count > size else { return (rows, "") }
    let page = Array(rows.prefix(size))
    return (page, page.last.map { Self.token(key($0)) } ?? "")
  }

  /// The token of the page after the row with a sort key.
  public static func token(_ key: [String]) -> String { Data(key.joined(separator: separator).utf8).base64EncodedString() }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
