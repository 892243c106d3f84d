import FoundationEssentials
import RemitAPI
import RemitDocuments
import RemitJSON
import SwiftProtobuf
import Testing

/// A kind such as modules have: a rule with steps, amounts and words.
private let file = Google_Protobuf_FileDescriptorProto.with {
  $0.name = "rule.proto"
  $0.package = "test.v1"
  func field(
    _ name: String, _ number: Int32, _ type: Google_Protobuf_FieldDescriptorProto.TypeEnum, of typeName: String = "",
    repeated: Bool = false, oneof: Int32? = nil, _ rule: (inout Remit_Api_V1_FieldRule) -> Void = { _ in }
  ) -> Google_Protobuf_FieldDescriptorProto {
    .with {
      $0.name = name
      $0.jsonName = name.split(separator: "_").enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }
        .joined()
      $0.number = number
      $0.type = type
      $0.label = repeated ? .repeated : .optional
      if !typeName.isEmpty { $0.typeName = typeName }
      if let oneof { $0.oneofIndex = oneof }
      rule(&$0.options.Remit_Api_V1_field)
    }
  }
  $0.messageType = [
    .with {
      $0.name = "Rule"
      $0.field = [
        field("name", 1, .string), field("title", 2, .string) { $0.required = true },
        field("days_late", 3, .int32) {
          $0.min = "0"
          $0.max = "365"
        },
        field("is_active", 4, .bool), field("hit", 5, .enum, of: ".test.v1.Hit"), field("fee", 6, .message, of: ".remit.type.v1.Money"),
        field("steps", 7, .message, of: ".test.v1.Step", repeated: true) { $0.maxItems = 3 },
        field("labels", 8, .message, of: ".test.v1.Rule.LabelsEntry", repeated: true),
        field("custom", 9, .message, of: ".google.protobuf.Struct"), field("share", 10, .double),
        field("when", 11, .string) { $0.expression = .with { $0.type = "bool" } },
      ]
      $0.nestedType = [
        .with {
          $0.name = "LabelsEntry"
          $0.options.mapEntry = true
          $0.field = [field("key", 1, .string), field("value", 2, .string)]
        }
      ]
    },
    .with {
      $0.name = "Step"
      $0.oneofDecl = [.with { $0.name = "what" }]
      $0.field = [
        field("send", 1, .string, oneof: 0) { $0.reference = "template" }, field("call", 2, .string, oneof: 0),
        field("roles", 3, .string, repeated: true),
      ]
    },
  ]
  $0.enumType = [
    .with {
      $0.name = "Hit"
      $0.value = [("HIT_UNSPECIFIED", 0), ("HIT_FIRST", 1), ("HIT_UNIQUE", 2)].map { name, number in
        .with {
          $0.name = name
          $0.number = Int32(number)
        }
      }
    }
  ]
}
private let files = [
  file,
  Google_Protobuf_FileDescriptorProto.with {
    $0.package = "remit.type.v1"
    $0.messageType = [
      .with {
        $0.name = "Money"
        $0.field = [("currency", 1), ("amount", 2)].map { name, number in
          .with {
            $0.name = name
            $0.jsonName = name
            $0.number = Int32(number)
            $0.type = .string
          }
        }
      }
    ]
  },
]
private let messages = MessageSchema(files)
private let reader = DocumentReader(schema: DocumentSchema(files), messages: messages, kinds: ["rule": "test.v1.Rule"])

/// The message as JSON.
private func read(_ text: String) throws -> String {
  let document = try reader.read(Array(text.utf8))
  return try messages.json(fromWire: document.bytes, as: document.message)
}

private func problems(_ text: String) -> [String] {
  do {
    _ = try reader.read(Array(text.utf8))
    return []
  } catch {
    return error.all.map { $0.line(file: "f") }
  }
}

@Suite("Documents are messages, written as YAML")
struct DocumentReaderTests {
  @Test("A value means what its field says")
  func values() throws {
    let json = try read(
      """
      # a rule
      kind: rule
      name: late
      title: no
      days_late: 1_0
      is_active: true
      hit: first
      fee: 50.00 EUR
      share: 007.50
      labels: {zh: 逾期, en: 2026-01-05}
      when: "it.days > 30"
      steps:
        - send: letter
          roles: [ar, 007]
        - {call: phone}
      """)
    for part in [
      #""name":"late""#, #""title":"no""#, #""daysLate":10"#, #""isActive":true"#, #""hit":"HIT_FIRST""#, #""currency":"EUR""#,
      #""share":7.5"#,
      #""zh":"逾期""#, #""en":"2026-01-05""#, #""007""#, #""send":"letter""#,
    ] {
      #expect(json.replacing(": ", with: ":").contains(part), "\(part) in \(json)")
    }
  }

  @Test("All that is wrong is told at once, with place and what was probably meant")
  func allAtOnce() {
    let told = problems(
      """
      kind: rule
      name: late
      days_latte: 3
      days_late: 400
      is_active: yes
      hit: frist
      fee: 50 Euro
      steps:
        - send: letter
          call: phone
        - rolse: [a]
        - roles: ar
      """)
    #expect(
      told == [
        "f:1:1: 'title' is missing", "f:3:1: there is no field 'days_latte'; did you mean 'days_late'?",
        "f:4:12: 0 to 365 is expected, not 400", "f:5:12: true or false is expected; did you mean true?",
        "f:6:6: there is no such word here: 'frist'; did you mean 'first'?", "f:7:6: an amount is expected, such as 50.00 EUR",
        "f:10:5: 'call' and 'send' exclude each other", "f:11:5: there is no field 'rolse'; did you mean 'roles'?",
        "f:12:12: a list is expected: [...], or lines that begin with -",
      ], "\(told)")
  }

  @Test(
    "What YAML has and documents may not have is refused with its place",
    arguments: [
      ("kind: rule\nname: a\ntitle: &x b", "f:3:8: documents have no anchors; put a text that begins with & in quotes"),
      ("kind: rule\nname: a\ntitle: *x", "f:3:8: documents have no aliases; put a text that begins with * in quotes"),
      ("kind: rule\nname: a\ntitle: !x b", "f:3:8: documents have no tags; put a text that begins with ! in quotes"),
      ("kind: rule\nname: a\ntitle: b\ntitle: c", "f:4:1: 'title' stands in line 3 already"),
      ("kind: rule\nname: a\n<<: {title: b}", "f:3:1: documents have no merge keys: write the fields out"),
      ("kind: rule\nname: a\n\ttitle: b", "f:3:1: a tab: indent and separate by blanks"),
      ("kind: rule\nname: a\ntitle: b\n---\nkind: rule", "f:4:1: a second document: one file is one document"),
      ("%YAML 1.1\n---\nkind: rule", "f:1:1: a document has no % line"), ("", "f:1:1: it is empty"),
      ("title: b", "f:1:1: a document begins with its kind: 'kind: rule'"), ("- a", "f:1:1: a document begins with its kind: 'kind: rule'"),
      ("kind: rul\nname: a", "f:1:7: there is no kind 'rul'; did you mean 'rule'?"),
      ("kind: rule\nname: A b\ntitle: b", "f:2:7: a name has a-z, 0-9, _ and -, begins with a letter and has at most 63"),
      ("kind: rule\nname: a\ntitle: [b]", "f:3:8: one value is expected, not a list"),
      ("kind: rule\nname: a\ntitle: b\nsteps: [{}, {}, {}, {}]", "f:4:8: at most 3, not 4"),
      (
        "kind: rule\nname: a\ntitle: b\ndays_late: 99999999999999999999999999999999999999999999999999",
        "f:4:12: a whole number is expected, such as 30"
      ),
    ])
  func refused(_ text: String, _ told: String) {
    #expect(problems(text) == [told], "\(problems(text))")
  }

  @Test("A text that is deep, large, or no UTF-8 is refused soon")
  func bounds() {
    let deep = problems("kind: rule\nname: a\ntitle: " + String(repeating: "[", count: 900_000))
    #expect(deep.first?.contains("more than 40 deep") == true, "\(deep)")
    #expect(problems("kind: rule\n" + String(repeating: "a", count: 2 << 20)).first?.contains("at most 1 MiB") == true)
    #expect(
      problems("kind: rule\nname: a\ncustom: {a: [" + String(repeating: "1,", count: 200_000) + "]}").first?.contains(
        "more than 100000 values") == true)
    #expect((try? reader.read([0xFF, 0xFE])) == nil)
  }

  @Test("A place of an expression's character is that of the text")
  func places() throws {
    let text = "kind: rule\nname: a\ntitle: b\nwhen: |\n  it.days > 30 &&\n    it.x\nsteps:\n  - send: t\n"
    let document = try reader.read(Array(text.utf8))
    #expect(document.expressions.map(\.text) == ["it.days > 30 &&\n  it.x\n"] && document.expressions[0].type == "bool")
    #expect(document.places.place(of: "when", line: 2, column: 3) == DocumentPlace(line: 6, column: 5))
    #expect(document.places.place(of: "steps[0].send.more") == DocumentPlace(line: 8, column: 5))
    #expect(document.references.map(\.name) == ["t"] && document.references[0].kind == "template")
    let quoted = try reader.read(Array("kind: rule\nname: a\ntitle: b\nwhen: 'it.x'\n".utf8))
    #expect(quoted.places.place(of: "when", line: 1, column: 4) == DocumentPlace(line: 4, column: 11))
  }

  @Test("In Chinese too")
  func chinese() {
    let found = try? reader.read(Array("kind: rule\nname: a\nis_active: 1".utf8))
    #expect(found == nil)
    do {
      _ = try reader.read(Array("kind: rule\nname: a\nis_active: 1".utf8))
    } catch {
      #expect(error.all.map { $0.wording.text("zh-CN") } == ["缺少 'title'", "此处应为 true 或 false"])
    }
  }

  @Test("A kind is described as JSON Schema, for editors")
  func jsonSchema() throws {
    let text = DocumentSchema(files).jsonSchema(ofKind: "rule", message: "test.v1.Rule", comments: DescriptorComments(files)).text
    for part in [
      #""kind":{"const":"rule"}"#, #""required":["kind","name","title"]"#, #""days_late":{"type":"integer","minimum":0,"maximum":365}"#,
      #""hit":{"enum":["first","unique"]}"#, ##""steps":{"type":"array","items":{"$ref":"#/$defs/test.v1.Step"},"maxItems":3}"##,
      #""custom":{"type":"object"}"#, #""test.v1.Step":{"type":"object""#,
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
  }

  @Test("Whatever the text, nothing traps")
  func fuzz() {
    var random = SystemRandomNumberGenerator()
    let good = Array("kind: rule\nname: late\ntitle: no\nfee: 5 EUR\nsteps:\n  - {send: a, roles: [b]}\ncustom: {a: |\n    x\n  }\n".utf8)
    let pieces = [
      "|", ">", "'", "\"", "{", "}", "[", "]", "- ", ": ", "\n", "  ", "#", "&a", "*a", "!", "?", "\u{FEFF}", "---", "...", "%", "\\", "é",
      "\0",
    ]
    for _ in 0..<3000 {
      var text = good
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let place = Int.random(in: 0..<text.count, using: &random)
        text.replaceSubrange(
          place..<min(place + Int.random(in: 0...3, using: &random), text.count),
          with: pieces.randomElement(using: &random)?.utf8.map { $0 } ?? [])
        if text.isEmpty { break }
      }
      _ = try? reader.read(text)
    }
  }
}
