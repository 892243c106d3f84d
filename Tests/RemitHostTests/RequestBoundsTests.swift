import RemitAPI
import SwiftProtobuf
import Testing

@testable import RemitHost

@Suite("The bounds of a request")
struct RequestBoundsTests {
  /// Thing { string name = 1; repeated int32 edges = 2 [max_items 3]; Thing inner = 3; uint32 version = 4 [max 9]; Timestamp at = 5; bytes data = 6 [max 4];
  /// map<string, string> labels = 7 [max 2]; string note = 8 [max_bytes 5000] }
  private static func bounds() throws -> RequestBounds {
    func field(
      _ number: Int32, _ name: String, _ type: Google_Protobuf_FieldDescriptorProto.TypeEnum, repeated: Bool = false, message: String = "",
      _ rule: (inout Remit_Api_V1_FieldRule) -> Void = { _ in }
    ) -> Google_Protobuf_FieldDescriptorProto {
      .with {
        $0.number = number
        $0.name = name
        $0.type = type
        $0.label = repeated ? .repeated : .optional
        $0.typeName = message
        rule(&$0.options.Remit_Api_V1_field)
      }
    }
    let entry = Google_Protobuf_DescriptorProto.with {
      $0.name = "LabelsEntry"
      $0.field = [field(1, "key", .string), field(2, "value", .string)]
      $0.options.mapEntry = true
    }
    let thing = Google_Protobuf_DescriptorProto.with {
      $0.name = "Thing"
      $0.nestedType = [entry]
      $0.field = [
        field(1, "name", .string), field(2, "edges", .int32, repeated: true) { $0.maxItems = 3 },
        field(3, "inner", .message, message: ".t.Thing"),
        field(4, "version", .uint32) { $0.max = "9" }, field(5, "at", .message, message: ".google.protobuf.Timestamp"),
        field(6, "data", .bytes) { $0.maxBytes = 4 },
        field(7, "labels", .message, repeated: true, message: ".t.Thing.LabelsEntry") { $0.maxItems = 2 },
        field(8, "note", .string) { $0.maxBytes = 5000 },
      ]
    }
    let stamp = Google_Protobuf_DescriptorProto.with {
      $0.name = "Timestamp"
      $0.field = [field(1, "seconds", .int64), field(2, "nanos", .int32)]
    }
    return try RequestBounds([
      .with { ($0.package, $0.messageType) = ("t", [thing]) }, .with { ($0.package, $0.messageType) = ("google.protobuf", [stamp]) },
    ])
  }

  private static func text(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var length = bytes.count
    var encoded = [number << 3 | 2]
    while length >= 0x80 {
      encoded.append(UInt8(length & 0x7F) | 0x80)
      length >>= 7
    }
    return encoded + [UInt8(length)] + bytes
  }

  private static let negative: [UInt8] = [UInt8](repeating: 0xFF, count: 9) + [1]
  private static let late: [UInt8] = [8] + [UInt8](repeating: 0xFF, count: 8) + [0x7F]

  static let taken: [[UInt8]] = [
    [], text(1, Array("Müller".utf8)), text(2, [1, 2, 3]), [16, 1, 16, 2, 16, 3], text(3, text(1, [65])), [32, 9], text(6, [0, 0, 0, 0]),
    text(8, [UInt8](repeating: 65, count: 5000)), text(7, text(1, [65])) + text(7, text(1, [66])), [0x9A, 6, 1, 0xFF], [0xF8, 6, 1],
  ]

  @Test("What is within them is let through, also fields that are not known", arguments: taken)
  func takes(_ bytes: [UInt8]) throws {
    try Self.bounds().check(bytes, of: "t.Thing")
  }

  static let refused: [([UInt8], String)] = [
    (text(1, [UInt8](repeating: 65, count: 4097)), "name has 4097 bytes"), (text(1, [65, 0]), "name holds the character U+0000"),
    (text(2, [1, 2, 3, 4]), "edges has more than 3"), ([16, 1, 16, 2, 16, 3, 16, 4], "edges has more than 3"),
    (text(3, text(3, text(1, [0]))), "inner.inner.name holds"), ([32, 10], "version must be at most 9"),
    ([32] + negative, "version must be at most 9"), (text(5, late), "at.seconds must be"), (text(5, [16] + negative), "at.nanos must be"),
    (text(6, [0, 0, 0, 0, 0]), "data has 5 bytes"), (text(7, []) + text(7, []) + text(7, []), "labels has more than 2"),
    (text(7, []) + text(7, text(1, [0])), "labels[1].key holds"),
    // Their lists would be put together.
    (text(3, text(2, [1, 2, 3])) + text(3, text(2, [4])), "inner is given more than once"),
  ]

  @Test("What is beyond them is named with its field", arguments: refused)
  func refuses(_ bytes: [UInt8], _ words: String) throws {
    let bounds = try Self.bounds()
    let error = #expect(throws: CallError.self) { try bounds.check(bytes, of: "t.Thing") }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  static let broken: [[UInt8]] = [
    [0], [8], [10], [10, 5, 1], [0x0B], [0x0C], [7], [9, 1], [13, 1], [UInt8](repeating: 0xFF, count: 11), [10, 2, 0xC3, 0x28],
    text(2, [0x80]),
    [10] + [UInt8](repeating: 0xFF, count: 9) + [1],
  ]

  @Test("What is no message is told to be none", arguments: broken)
  func malformed(_ bytes: [UInt8]) throws {
    let bounds = try Self.bounds()
    #expect(throws: CallError.self) { try bounds.check(bytes, of: "t.Thing") }
  }

  @Test("Messages in messages end somewhere, and of many faults some are told")
  func depth() throws {
    let bounds = try Self.bounds()
    let deep = (0..<100).reduce([UInt8]()) { bytes, _ in Self.text(3, bytes) }
    #expect(throws: CallError.self) { try bounds.check(deep, of: "t.Thing") }
    let error = #expect(throws: CallError.self) {
      try bounds.check((0..<3000).flatMap { _ in Self.text(1, [0]) }, of: "t.Thing")
    }
    #expect(error?.violations.count == 20)
  }
}
