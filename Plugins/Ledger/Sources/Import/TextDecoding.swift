import Glibc
import RemitAPI
import RemitSDK

/// Turns the bytes of a file into UTF-8, whatever wrote it.
enum TextDecoding {
  /// As the API names them, and as iconv does.
  static let encodings = ["utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030", "windows-1252": "CP1252"]

  /// - Parameters:
  ///   - encoding: one of `encodings`; empty: found by byte order mark and content, and for a Chinese company GB18030 where it is no UTF-8.
  ///   - locale: the company's, "zh-CN".
  static func utf8(_ bytes: [UInt8], encoding: String, locale: String) throws(CallError) -> [UInt8] {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]), encoding.isEmpty || encoding == "utf-8" {
      return try converted(Array(bytes.dropFirst(3)), from: "utf-8")
    }
    let encoding = try encoding.isEmpty ? found(bytes, locale: locale) : encoding
    guard encodings[encoding] != nil else {
      throw .invalid([("encoding", "must be one of \(encodings.keys.sorted().joined(separator: ", ")), or empty")])
    }
    return try converted(bytes, from: encoding)
  }

  private static func found(_ bytes: [UInt8], locale: String) throws(CallError) -> String {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || utf16Order(of: bytes) != nil { return "utf-16" }
    if String(validating: bytes, as: UTF8.self) != nil { return "utf-8" }
    if locale.hasPrefix("zh") { return "gb18030" }
    throw .invalid([("encoding", "must be given: the file is not UTF-8; it may be windows-1252 or gb18030")])
  }

  /// Without a mark: a header in UTF-16 has a zero in one half of its first characters.
  private static func utf16Order(of bytes: [UInt8]) -> String? {
    guard bytes.count >= 4, bytes.count % 2 == 0 else { return nil }
    let start = bytes.prefix(64)
    let zeros = [0, 1].map { half in start.enumerated().count { $0.offset % 2 == half && $0.element == 0 } }
    if zeros[0] * 4 >= start.count, zeros[1] == 0 { return "UTF-16BE" }
    if zeros[1] * 4 >= start.count, zeros[0] == 0 { return "UTF-16LE" }
    return nil
  }

  private static func converted(_ bytes: [UInt8], from encoding: String) throws(CallError) -> [UInt8] {
    if encoding == "utf-8" {
      guard let offset = firstInvalid(bytes) else { return bytes }
      throw invalid(encoding, offset)
    }
    // Without a mark glibc takes UTF-16 for little-endian.
    let name = encoding == "utf-16" ? utf16Order(of: bytes) ?? "UTF-16" : encodings[encoding] ?? encoding
    let converter = iconv_open("UTF-8", name)
    guard converter != iconv_t(bitPattern: -1) else {
      throw CallError(.failedPrecondition, "NO_ENCODING", "this server cannot read \(encoding): its C library lacks the conversion")
    }
    defer { iconv_close(converter) }
    // UTF-8 needs at most 4 bytes for a byte of GB18030 pairs and 3 for two of UTF-16.
    let output = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count * 3 + 16)
    defer { output.deallocate() }
    var input = bytes.map { CChar(bitPattern: $0) }
    var inputLeft = input.count
    var outputLeft = output.count
    let isDone = input.withUnsafeMutableBufferPointer { buffer in
      var from = buffer.baseAddress
      var to = output.baseAddress
      return iconv(converter, &from, &inputLeft, &to, &outputLeft) != -1
    }
    guard isDone else { throw invalid(encoding, bytes.count - inputLeft) }
    let text = output[0..<output.count - outputLeft].map { UInt8(bitPattern: $0) }
    return text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
  }

  private static func invalid(_ encoding: String, _ offset: Int) -> CallError {
    .invalid([("file", "is not \(encoding): byte \(offset + 1) belongs to no character; say which encoding it has")])
  }

  /// The offset of the first byte that is not UTF-8.
  private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    var low = 0
    var high = bytes.count
    // The longest valid beginning, give or take a cut character.
    while high - low > 1 {
      let middle = (low + high) / 2
      if (0...3).contains(where: { String(validating: bytes[0..<max(0, middle - $0)], as: UTF8.self) != nil }) { low = middle } else { high = middle }
    }
    return low
  }
}
