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
    // No other text has bytes of zero, and separators in UTF-16 always have.
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || bytes.contains(0) { return "utf-16" }
    if String(validating: bytes, as: UTF8.self) != nil { return "utf-8" }
    if locale.hasPrefix("zh") { return "gb18030" }
    throw .invalid([("encoding", "must be given: the file is not UTF-8; it may be windows-1252 or gb18030")])
  }

  /// With a mark iconv knows the order; without, on which side of ASCII characters, separators above all, the zeros are.
  private static func utf16(_ bytes: [UInt8]) -> String {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
    var big = 0
    for index in stride(from: 0, to: bytes.count - 1, by: 2) {
      if bytes[index] == 0, bytes[index + 1] < 0x80 { big += 1 }
      if bytes[index + 1] == 0, bytes[index] < 0x80 { big -= 1 }
    }
    return big > 0 ? "UTF-16BE" : "UTF-16LE"
  }

  private static func converted(_ bytes: [UInt8], from encoding: String) throws(CallError) -> [UInt8] {
    if encoding == "utf-8", String(validating: bytes, as: UTF8.self) != nil { return bytes }
    let converter = iconv_open("UTF-8", encoding == "utf-16" ? utf16(bytes) : encodings[encoding] ?? encoding)
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
    guard isDone else {
      throw .invalid([
        ("file", "is not \(encoding): byte \(bytes.count - inputLeft + 1) belongs to no character; say which encoding it has")
      ])
    }
    let text = output[0..<output.count - outputLeft].map { UInt8(bitPattern: $0) }
    return text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
  }
}
