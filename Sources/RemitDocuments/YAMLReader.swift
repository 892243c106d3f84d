internal import CYaml

/// Reads YAML 1.1's common part by libyaml's events, so that nothing is built that a document may not have: anchors, aliases, tags, merge keys, keys twice, tabs,
/// a second document, and more than the bounds allow.
struct YAMLReader: ~Copyable {
  static let bytesMax = 1 << 20
  static let depthMax = 40
  static let nodesMax = 100_000

  /// It points to itself, so it must stay where it is.
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let current = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
  private var nodeCount = 0

  /// - Parameter text: at most `bytesMax` of UTF-8.
  static func read(_ text: [UInt8]) throws(DocumentProblem) -> YAMLNode {
    let start = DocumentPlace(line: 1, column: 1)
    guard text.count <= bytesMax else {
      throw DocumentProblem(start, "", Wording("a document has at most 1 MiB, not \(text.count) bytes", "文档最多 1 MiB，现为 \(text.count) 字节"))
    }
    guard let characters = String(validating: text, as: UTF8.self) else {
      throw DocumentProblem(start, "", Wording("it is not UTF-8: save it with that encoding", "不是 UTF-8：请以该编码保存"))
    }
    try refuseTabsAndControls(in: characters)
    var reader = YAMLReader()
    do throws(Stop) {
      return try reader.document(text)
    } catch {
      throw error.problem
    }
  }

  private struct Stop: Error {
    let problem: DocumentProblem
  }

  private init() {
    current.initialize(to: yaml_event_t())
    parser.initialize(to: yaml_parser_t())
    yaml_parser_initialize(parser)
  }

  deinit {
    yaml_event_delete(current)
    yaml_parser_delete(parser)
    current.deallocate()
    parser.deallocate()
  }

  private var event: yaml_event_t { current.pointee }

  /// Tabs look like the blanks that indent, and libyaml takes them in some places.
  private static func refuseTabsAndControls(in text: String) throws(DocumentProblem) {
    var (line, column) = (1, 1)
    for scalar in text.unicodeScalars {
      if scalar == "\t" {
        throw DocumentProblem(
          .init(line: line, column: column), "", Wording("a tab: indent and separate by blanks", "此处有制表符：请用空格缩进和分隔"))
      }
      let isControl =
        scalar.value < 0x20 && scalar != "\n" && scalar != "\r" || (0x7F...0x9F).contains(scalar.value) && scalar.value != 0x85
      if isControl || scalar.value == 0xFEFF && (line, column) != (1, 1) {
        throw DocumentProblem(
          .init(line: line, column: column), "",
          Wording("a character that nobody sees (U+\(String(scalar.value, radix: 16, uppercase: true)))", "此处有不可见字符"))
      }
      if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
    }
  }

  private mutating func document(_ text: [UInt8]) throws(Stop) -> YAMLNode {
    return try text.withUnsafeBufferPointer { (bytes) throws(Stop) in
      yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      try next()  // the stream
      try next()
      guard event.type == YAML_DOCUMENT_START_EVENT else {
        throw stop(DocumentPlace(line: 1, column: 1), Wording("it is empty", "文档为空"))
      }
      guard event.data.document_start.version_directive == nil, event.data.document_start.tag_directives.start == nil else {
        throw stop(here, Wording("a document has no % line", "文档不得含 % 指令行"))
      }
      try next()
      let node = try node(depth: 0)
      try next()  // the end of the document
      try next()
      guard event.type == YAML_STREAM_END_EVENT else {
        throw stop(here, Wording("a second document: one file is one document", "出现第二个文档：一个文件只能有一个文档"))
      }
      return node
    }
  }

  private var here: DocumentPlace { Self.place(event.start_mark) }

  private static func place(_ mark: yaml_mark_t) -> DocumentPlace { DocumentPlace(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }

  private func stop(_ place: DocumentPlace, _ wording: Wording) -> Stop { Stop(problem: DocumentProblem(place, "", wording)) }

  private func tooDeep(_ place: DocumentPlace) -> Stop {
    stop(place, Wording("more than \(Self.depthMax) deep", "嵌套超过 \(Self.depthMax) 层"))
  }

  private mutating func next() throws(Stop) {
    yaml_event_delete(current)
    guard yaml_parser_parse(parser, current) == 1 else {
      let why = parser.pointee.problem.map { String(cString: $0) } ?? "it cannot be read"
      // It reads ahead of what is asked for.
      if why.contains("nesting level") { throw tooDeep(Self.place(parser.pointee.problem_mark)) }
      throw stop(
        Self.place(parser.pointee.problem_mark),
        Wording("this is no YAML: \(why)\(Self.hint(why))", "不是有效的 YAML：\(why)"))
    }
  }

  private static func hint(_ why: String) -> String {
    why.contains("character that cannot start any token") || why.contains("mapping values are not allowed")
      ? "; put a text with such characters in quotes" : ""
  }

  private mutating func node(depth: Int) throws(Stop) -> YAMLNode {
    let place = here
    nodeCount += 1
    guard depth <= Self.depthMax else { throw tooDeep(place) }
    guard nodeCount <= Self.nodesMax else { throw stop(place, Wording("more than \(Self.nodesMax) values", "超过 \(Self.nodesMax) 个值")) }
    try refuseReferences()
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      let style: YAMLNode.Style =
        switch scalar.style {
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: .quoted
        default: .plain
        }
      return YAMLNode(value: .scalar(text, style), place: place)
    case YAML_SEQUENCE_START_EVENT:
      var items: [YAMLNode] = []
      try next()
      while event.type != YAML_SEQUENCE_END_EVENT {
        items.append(try node(depth: depth + 1))
        try next()
      }
      return YAMLNode(value: .list(items), place: place)
    default: return YAMLNode(value: .map(try members(depth)), place: place)
    }
  }

  private mutating func members(_ depth: Int) throws(Stop) -> [(key: YAMLNode.Key, value: YAMLNode)] {
    var members: [(key: YAMLNode.Key, value: YAMLNode)] = []
    var names: [String: DocumentPlace] = [:]
    try next()
    while event.type != YAML_MAPPING_END_EVENT {
      let key = try node(depth: depth + 1)
      guard case .scalar(let name, _) = key.value, name.utf8.count <= 256 else {
        throw stop(key.place, Wording("a key is a short text", "键必须是简短的文本"))
      }
      guard name != "<<" else {
        throw stop(key.place, Wording("documents have no merge keys: write the fields out", "不支持合并键：请写出各字段"))
      }
      if let first = names.updateValue(key.place, forKey: name) {
        throw stop(key.place, Wording("'\(name)' stands in line \(first.line) already", "'\(name)' 已出现在第 \(first.line) 行"))
      }
      try next()
      members.append((.init(name: name, place: key.place), try node(depth: depth + 1)))
      try next()
    }
    return members
  }

  /// `&name`, `*name`, `!type`, and text after them that was meant otherwise: !x in CEL.
  private func refuseReferences() throws(Stop) {
    let data = event.data
    let hasAnchor: Bool
    let hasTag: Bool
    switch event.type {
    case YAML_ALIAS_EVENT:
      throw stop(here, Wording("documents have no aliases; put a text that begins with * in quotes", "不支持别名；以 * 开头的文本请加引号"))
    case YAML_SCALAR_EVENT: (hasAnchor, hasTag) = (data.scalar.anchor != nil, data.scalar.tag != nil)
    case YAML_SEQUENCE_START_EVENT: (hasAnchor, hasTag) = (data.sequence_start.anchor != nil, data.sequence_start.tag != nil)
    default: (hasAnchor, hasTag) = (data.mapping_start.anchor != nil, data.mapping_start.tag != nil)
    }
    if hasAnchor {
      throw stop(here, Wording("documents have no anchors; put a text that begins with & in quotes", "不支持锚点；以 & 开头的文本请加引号"))
    }
    if hasTag {
      throw stop(here, Wording("documents have no tags; put a text that begins with ! in quotes", "不支持标签；以 ! 开头的文本请加引号"))
    }
  }
}
