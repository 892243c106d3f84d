import CExpat
import Glibc
import RemitAPI

/// What is told of XML as it is read. Names are without their namespace's prefix.
protocol XMLVisitor: AnyObject {
  func open(_ element: String, _ attributes: XMLAttributes) throws(CallError)
  /// - Parameter text: what stood between its last inner element and its end: all of an element that has none. At most a byte more than a
  ///   cell may have.
  func close(_ element: String, text: String) throws(CallError)
}

/// The attributes of an element, while it is opened.
struct XMLAttributes {
  /// Names and values in turn, nil behind them.
  fileprivate let pointer: UnsafeMutablePointer<UnsafePointer<XML_Char>?>

  fileprivate var names: some Sequence<UnsafePointer<XML_Char>> {
    sequence(state: pointer) { place in
      defer { place += 2 }
      return place.pointee
    }
  }

  subscript(_ name: String) -> String? {
    var place = pointer
    while let found = place.pointee, let value = place[1] {
      if strcmp(localName(found), name) == 0 { return String(cString: value) }
      place += 2
    }
    return nil
  }
}

private func localName(_ name: UnsafePointer<XML_Char>) -> UnsafePointer<XML_Char> {
  strchr(name, Int32(UInt8(ascii: ":"))).map { UnsafePointer($0) + 1 } ?? name
}

/// Reads XML as it comes, by expat. A document type is refused, so that there are no entities but the five of XML; what grows is bounded.
final class XMLReader {
  private static let depthMax = 64
  /// expat reads a token from its beginning whenever more of it has come.
  private static let tokenBytesMax = 1 << 20
  /// expat keeps every name.
  private static let namesMax = 4096

  private let part: String
  private let visitor: any XMLVisitor
  private let parser: XML_Parser
  private var depth = 0
  private var bytesRead = 0
  private var text: [UInt8] = []
  private var names: Set<String> = []
  private var failure: CallError?

  /// - Parameter part: of the workbook, for messages.
  private init(part: String, visitor: any XMLVisitor) throws(CallError) {
    guard let parser = XML_ParserCreate(nil) else {
      throw CallError(.resourceExhausted, "NO_MEMORY", "there is no memory to read the file")
    }
    (self.part, self.visitor, self.parser) = (part, visitor, parser)
    XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    XML_SetElementHandler(
      parser,
      { reader, name, attributes in
        guard let name, let attributes else { return }
        XMLReader.at(reader)?.open(name, XMLAttributes(pointer: attributes))
      },
      { reader, name in
        guard let name else { return }
        XMLReader.at(reader)?.close(name)
      })
    XML_SetCharacterDataHandler(parser) { reader, start, count in
      XMLReader.at(reader)?.add(UnsafeRawBufferPointer(start: start, count: Int(count)))
    }
    XML_SetStartDoctypeDeclHandler(parser) { reader, _, _, _, _ in
      guard let reader = XMLReader.at(reader) else { return }
      reader.fail(.file("has a document type in \(reader.part), which no workbook has"))
    }
  }

  deinit { XML_ParserFree(parser) }

  static func read(_ part: String, of archive: ZipArchive, _ visitor: some XMLVisitor) throws(CallError) {
    let reader = try XMLReader(part: part, visitor: visitor)
    try archive.read(part) { chunk throws(CallError) in try reader.read(chunk, isLast: false) }
    try reader.read(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
  }

  private static func at(_ pointer: UnsafeMutableRawPointer?) -> XMLReader? {
    pointer.map { Unmanaged<XMLReader>.fromOpaque($0).takeUnretainedValue() }
  }

  private func read(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(CallError) {
    let status = XML_Parse(parser, chunk.assumingMemoryBound(to: XML_Char.self).baseAddress, Int32(chunk.count), isLast ? 1 : 0)
    if let failure { throw failure }
    guard status == XML_STATUS_OK else {
      throw .file(
        "is damaged: \(part) breaks off or is garbled in line \(XML_GetCurrentLineNumber(parser)); save it again in a spreadsheet program")
    }
    bytesRead += chunk.count
    guard bytesRead - XML_GetCurrentByteIndex(parser) <= Self.tokenBytesMax else { throw tooMuch }
  }

  private var tooMuch: CallError {
    .file("is no workbook that a spreadsheet program wrote: \(part) is too deep, or has too long or too many names")
  }

  private func fail(_ error: CallError) {
    if failure == nil { failure = error }
    XML_StopParser(parser, 0)
  }

  /// One letter, such as of cells and values, makes no other name.
  private func note(_ name: UnsafePointer<XML_Char>) {
    if name[1] != 0 { names.insert(String(cString: name)) }
  }

  private func open(_ name: UnsafePointer<XML_Char>, _ attributes: XMLAttributes) {
    guard failure == nil else { return }
    depth += 1
    note(name)
    for name in attributes.names { note(name) }
    guard depth <= Self.depthMax, names.count <= Self.namesMax else { return fail(tooMuch) }
    text.removeAll(keepingCapacity: true)
    do throws(CallError) { try visitor.open(String(cString: localName(name)), attributes) } catch { fail(error) }
  }

  private func close(_ name: UnsafePointer<XML_Char>) {
    guard failure == nil else { return }
    depth -= 1
    do throws(CallError) {
      try visitor.close(String(cString: localName(name)), text: String(decoding: text, as: UTF8.self))
    } catch { fail(error) }
    text.removeAll(keepingCapacity: true)
  }

  private func add(_ bytes: UnsafeRawBufferPointer) {
    text.append(contentsOf: bytes.prefix(FileLimits.cellBytesMax + 1 - text.count))
  }
}
