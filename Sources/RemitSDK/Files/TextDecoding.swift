import Glibc
public import RemitAPI

/// Turns the bytes of a file into UTF-8, whatever wrote it. What is no text is told as what it is.
public enum TextDecoding {
  /// As the API names them, and as iconv does.
  public static let encodings = ["utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030", "windows-1252": "CP1252"]

  /// - Parameters:
  ///   - encoding: one of `encodings`; empty: found by byte order mark and content, and for a Chinese company GB18030 where it is no UTF-8.
  ///   - locale: the company's, "zh-CN".
  public static func utf8(_ bytes: [UInt8], encoding: String, locale: String) throws(CallError) -> [UInt8] {
    if let format = FileFormat(bytes) { throw .invalid([("file", format.problem)]) }
    let encoding = try encoding.isEmpty ? found(bytes, locale: locale) : encoding
    guard encodings[encoding] != nil else {
      throw .invalid([("encoding", "must be one of \(encodings.keys.sorted().joined(separator: ", ")), or empty")])
    }
    let text = encoding == "utf-8" ? try checked(bytes) : try converted(bytes, from: encoding)
    if let zero = firstZero(text) {
      throw .invalid([("file", "holds a zero byte on line \(line(at: zero, in: text)): it is damaged or no text")])
    }
    return text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
  }

  private static func found(_ bytes: [UInt8], locale: String) throws(CallError) -> String {
    if hasUTF16Mark(bytes) { return "utf-16" }
    if firstZero(bytes) != nil, UTF16Order(bytes) != nil { return "utf-16" }
    guard let place = brokenByte(bytes) else { return "utf-8" }
    if isMostlyUTF8(bytes) { throw almostUTF8(bytes, place) }
    if locale.hasPrefix("zh") { return "gb18030" }
    throw .invalid([("encoding", "must be given: the file is not UTF-8; it may be windows-1252 or gb18030")])
  }

  private static func checked(_ bytes: [UInt8]) throws(CallError) -> [UInt8] {
    guard let place = brokenByte(bytes) else { return bytes }
    if isMostlyUTF8(bytes) { throw almostUTF8(bytes, place) }
    throw notInEncoding("utf-8", place, bytes)
  }

  private static func almostUTF8(_ bytes: [UInt8], _ place: Int) -> CallError {
    .invalid([
      (
        "file",
        "is UTF-8 but for byte \(place + 1), on line \(line(at: place, in: bytes)): it was cut or damaged there"
      )
    ])
  }

  private static func notInEncoding(_ encoding: String, _ place: Int, _ bytes: [UInt8]) -> CallError {
    .invalid([
      (
        "file",
        "is not \(encoding): byte \(place + 1), on line \(line(at: place, in: bytes)), belongs to no character; say which encoding it has"
      )
    ])
  }

  /// nil: it is UTF-8.
  private static func brokenByte(_ bytes: [UInt8]) -> Int? {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }

  /// Whether more characters of several bytes are whole than bytes are none: so a few broken ones do not make it another encoding.
  private static func isMostlyUTF8(_ bytes: [UInt8]) -> Bool {
    var (whole, broken) = (0, 0)
    var position = 0
    while position < bytes.count {
      let length = sequenceLength(bytes, at: position)
      if length > 1 { whole += 1 }
      if length == 0 { broken += 1 }
      position += max(1, length)
    }
    return whole > broken
  }

  /// 0: none begins there. Overlong forms and surrogates count as whole: what matters is how many there are.
  private static func sequenceLength(_ bytes: [UInt8], at position: Int) -> Int {
    let length: Int
    switch bytes[position] {
    case 0..<0x80: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: return 0
    }
    guard position + length <= bytes.count else { return 0 }
    for index in position + 1..<position + length where bytes[index] & 0xC0 != 0x80 { return 0 }
    return length
  }

  private static func hasUTF16Mark(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) }

  private static func firstZero(_ bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress, let zero = memchr(start, 0, buffer.count) else { return nil }
      return start.distance(to: zero)
    }
  }

  /// The line, from 1, that a byte is on.
  private static func line(at place: Int, in bytes: [UInt8]) -> Int {
    var line = 1
    for index in 0..<place {
      let isBeforeLineFeed = index + 1 < bytes.count && bytes[index + 1] == DelimitedText.lineFeed
      if bytes[index] == DelimitedText.lineFeed || bytes[index] == DelimitedText.carriageReturn && !isBeforeLineFeed { line += 1 }
    }
    return line
  }

  private static func converted(_ bytes: [UInt8], from encoding: String) throws(CallError) -> [UInt8] {
    // With a mark iconv knows the order of UTF-16.
    let name = encoding == "utf-16" && !hasUTF16Mark(bytes) ? (UTF16Order(bytes) ?? .little).rawValue : encodings[encoding] ?? encoding
    let converter = iconv_open("UTF-8", name)
    guard converter != iconv_t(bitPattern: -1) else {
      throw CallError(.failedPrecondition, "NO_ENCODING", "this server cannot read \(encoding): its C library lacks the conversion")
    }
    defer { iconv_close(converter) }
    // Chinese text is half as long again in UTF-8 as in GB18030 and UTF-16.
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count + bytes.count / 2)
    var inputLeft = bytes.count
    let isDone = bytes.withUnsafeBytes { input in
      // iconv reads from the pointer, and does not write.
      var from = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: CChar.self).baseAddress)
      return withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { chunk in
        while true {
          var to = chunk.assumingMemoryBound(to: CChar.self).baseAddress
          var chunkLeft = chunk.count
          let status = iconv(converter, &from, &inputLeft, &to, &chunkLeft)
          let isFull = status == -1 && errno == E2BIG
          text.append(contentsOf: chunk[..<(chunk.count - chunkLeft)])
          if !isFull { return status != -1 }
        }
      }
    }
    guard isDone else { throw notInEncoding(encoding, bytes.count - inputLeft, bytes) }
    return text
  }
}

/// Which byte of UTF-16 comes first, found without a mark: on one side of the ASCII characters, separators above all, are zeros, and
/// hardly any on
/// the other.
enum UTF16Order: String {
  case little = "UTF-16LE"
  case big = "UTF-16BE"

  /// nil: the bytes are no UTF-16.
  init?(_ bytes: [UInt8]) {
    var zeros = (even: 0, odd: 0)
    var isEven = true
    for byte in bytes {
      if byte == 0 { if isEven { zeros.even += 1 } else { zeros.odd += 1 } }
      isEven.toggle()
    }
    let (most, least) = (max(zeros.even, zeros.odd), min(zeros.even, zeros.odd))
    guard bytes.count.isMultiple(of: 2), most >= 2, most * 20 >= bytes.count / 2, least * 8 <= most else { return nil }
    self = zeros.odd > zeros.even ? .little : .big
  }
}
