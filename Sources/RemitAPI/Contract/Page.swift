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
    // What no page gave is no text of the database's.
    guard let parts = parts?.map(Self.unescaped), parts.count == keys, parts.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw Self.badToken
    }
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

  /// The same of rows that may be large: a page ends where its rows have more bytes than clients take at once.
  public func cut<Row>(_ rows: [Row], bytes: (Row) -> Int, key: (Row) -> [String]) -> (rows: [Row], nextToken: String) {
    var left = Self.bytesMax
    let count = rows.prefix(size).prefix { row in
      left -= bytes(row)
      return left >= 0
    }.count
    let page = Array(rows.prefix(max(1, count)))
    return (page, page.count < rows.count ? page.last.map { Self.token(key($0)) } ?? "" : "")
  }

  /// gRPC clients take 4 MiB where nothing else is said.
  private static let bytesMax = 2 << 20

  /// The token of the page after the row with a sort key.
  public static func token(_ key: [String]) -> String { Data(key.map(escaped).joined(separator: separator).utf8).base64EncodedString() }

  private static func escaped(_ part: String) -> String { part.replacing("%", with: "%25").replacing(separator, with: "%1F") }
  private static func unescaped(_ part: String) -> String { part.replacing("%1F", with: separator).replacing("%25", with: "%") }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
