/// Text as CEL sees it, a sequence of code points. Swift's own comparison takes "é" and "e" with an accent for one.
enum CodePoints {
  @inline(__always)
  static func same(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count else { return false }
    return order(left, right) == 0
  }

  /// Less than, equal to or more than 0. The order of UTF-8 bytes is that of code points.
  static func order(_ left: String, _ right: String) -> Int {
    let quick = left.utf8.withContiguousStorageIfAvailable { left in
      right.utf8.withContiguousStorageIfAvailable { right in order(left, right) }
    }
    if let quick = quick ?? nil { return quick }
    return order(Array(left.utf8), Array(right.utf8))
  }

  static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
    left.withUnsafeBufferPointer { left in right.withUnsafeBufferPointer { right in order(left, right) } }
  }

  @inline(__always)
  private static func order(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
    let common = min(left.count, right.count)
    var index = 0
    while index < common {
      if left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
      index += 1
    }
    return left.count == right.count ? 0 : left.count < right.count ? -1 : 1
  }

  static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}

/// A text that many others are compared with.
struct KnownText: Sendable {
  private let text: String
  private let count: Int
  private let isASCII: Bool

  init(_ text: String) {
    self.text = text
    count = text.utf8.count
    isASCII = text.utf8.allSatisfy { $0 < 0x80 }
  }

  @inline(__always)
  func isSame(as other: String) -> Bool {
    guard other.utf8.count == count else { return false }
    // What merely looks the same as ASCII takes more bytes, so that Swift's faster comparison does for it.
    return isASCII ? other == text : CodePoints.order(other, text) == 0
  }
}
