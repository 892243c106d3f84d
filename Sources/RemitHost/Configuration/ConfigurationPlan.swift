import RemitAPI
import RemitDigest
import RemitDocuments
import RemitExpressions
import RemitJSON
import SwiftProtobuf

/// What a company's configuration will be with documents that are given: what that changes, and what is wrong with it. Nothing here asks the database.
struct ConfigurationPlan: Sendable {
  struct Change: Sendable {
    let id: DocumentID
    /// nil: it is new.
    let before: StoredDocument?
    /// nil: it goes.
    let after: StoredDocument?
  }

  /// A document as it will be, read.
  struct Entry: Sendable {
    let stored: StoredDocument
    let document: Document
  }

  static let documentsMax = 2000
  static let bytesMax = 16 << 20
  static let findingsMax = 200

  /// The version that it is made against.
  let base: Int64
  private(set) var entries: [DocumentID: Entry] = [:]
  private(set) var changes: [Change] = []
  private(set) var findings: [Remit_Platform_V1_Finding] = []
  private let locale: String

  /// - Parameters:
  ///   - current: the documents of the version `base`.
  ///   - isComplete: what is not given will be removed.
  ///   - removed: beside that.
  init(
    base: Int64, current: [StoredDocument], given: [Remit_Platform_V1_SourceDocument], isComplete: Bool, removed: Set<DocumentID> = [],
    kinds: DocumentKinds, locale: String
  ) {
    self.base = base
    self.locale = locale
    let before = Dictionary(current.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    take(given, kinds)
    let givenIDs = Set(entries.keys)
    for document in current where !givenIDs.contains(document.id) && !isComplete && !removed.contains(document.id) { keep(document, kinds) }
    checkPaths()
    let after = entries.mapValues(\.stored)
    changes = Set(before.keys).union(after.keys).sorted().compactMap { id in
      let (before, after) = (before[id], after[id])
      if let before, let after, before.isSame(as: after) { return nil }
      return Change(id: id, before: before, after: after)
    }
    if entries.count > Self.documentsMax { add("", Wording("a company has at most 2,000 documents", "一家公司最多 2000 份文档")) }
    if entries.values.reduce(0, { $0 + $1.stored.text.utf8.count }) > Self.bytesMax {
      add("", Wording("a company's documents have at most 16 MiB", "一家公司的文档合计最多 16 MiB"))
    }
  }

  var hasErrors: Bool { findings.contains { !$0.isWarning } }

  /// Whether something is wrong with those of a kind.
  func hasErrors(in kind: String) -> Bool {
    let paths = Set(entries(of: kind).map(\.stored.path))
    return findings.contains { !$0.isWarning && paths.contains($0.path) }
  }

  /// All, by kind and name.
  var documents: [StoredDocument] { entries.sorted { $0.key < $1.key }.map(\.value.stored) }

  /// Those of a kind, by name.
  func entries(of kind: String) -> [Entry] { entries.filter { $0.key.kind == kind }.sorted { $0.key < $1.key }.map(\.value) }

  private mutating func take(_ given: [Remit_Platform_V1_SourceDocument], _ kinds: DocumentKinds) {
    for source in given {
      guard Self.isPath(source.path) else {
        add(
          source.path,
          Wording("the path is not that of a file below the folder, such as forms/invoice.yaml", "路径应为文件夹内的文件，如 forms/invoice.yaml"))
        continue
      }
      do throws(DocumentProblems) {
        let document = try kinds.read(source.text)
        let entry = Entry(stored: StoredDocument(document, path: source.path, text: source.text), document: document)
        guard let other = entries.updateValue(entry, forKey: entry.stored.id) else { continue }
        let (id, path) = (entry.stored.id, other.stored.path)
        add(source.path, Wording("\(id.words) stands in \(path) too", "\(path) 中已有同名文档 \(id.kind) \(id.name)"))
      } catch {
        add(source.path, error)
      }
    }
  }

  /// A document that stays is read again: a newer module may ask more of it.
  private mutating func keep(_ stored: StoredDocument, _ kinds: DocumentKinds) {
    do throws(DocumentProblems) {
      entries[stored.id] = Entry(stored: stored, document: try kinds.read(stored.text))
    } catch {
      add(stored.path, error)
    }
  }

  private mutating func checkPaths() {
    for (path, found) in Dictionary(grouping: entries.values, by: \.stored.path) where found.count > 1 {
      let names = found.map(\.stored.id).sorted()
      add(path, Wording("\(names[0].words) and \(names[1].words) have the same path", "\(names[0].name) 与 \(names[1].name) 路径相同"))
    }
  }

  /// Relative, of names that every file system takes.
  private static func isPath(_ path: String) -> Bool {
    path.utf8.count <= 200 && (path.hasSuffix(".yaml") || path.hasSuffix(".yml"))
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && part.first != "."
          && part.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && !"\\:*?\"<>|".unicodeScalars.contains($0) }
      }
  }

  // ---- findings

  mutating func add(_ path: String, _ wording: Wording, at place: DocumentPlace? = nil, field: String = "", isWarning: Bool = false) {
    guard findings.count < Self.findingsMax else { return }
    findings.append(
      .with {
        $0.path = path.cut(toBytes: 200)
        $0.line = UInt32(clamping: place?.line ?? 1)
        $0.column = UInt32(clamping: place?.column ?? 1)
        $0.field = field
        $0.message = wording.text(locale)
        $0.isWarning = isWarning
      })
  }

  private mutating func add(_ path: String, _ problems: DocumentProblems) {
    for problem in problems.all { add(path, problem.wording, at: problem.place, field: problem.path) }
  }

  /// - Parameter field: of the document's message.
  mutating func add(_ entry: Entry, _ field: String, _ wording: Wording, isWarning: Bool = false) {
    add(entry.stored.path, wording, at: entry.document.places.place(of: field), field: field, isWarning: isWarning)
  }

  /// Where a mistake is at a character of the field's text.
  mutating func add(_ entry: Entry, _ field: String, line: Int, column: Int, _ wording: Wording) {
    add(entry.stored.path, wording, at: entry.document.places.place(of: field, line: line, column: column), field: field)
  }

  /// Names that documents mention must be of something.
  ///
  /// - Parameter names: what there is beside documents: kind -> names.
  mutating func checkReferences(_ names: [String: Set<String>]) {
    for (_, entry) in entries.sorted(by: { $0.key < $1.key }) {
      for reference in entry.document.references {
        var there = names[reference.kind] ?? []
        there.formUnion(entries.keys.lazy.filter { $0.kind == reference.kind }.map(\.name))
        guard !there.contains(reference.name) else { continue }
        let near = Suggestion.name(nearestTo: reference.name, among: there.sorted())
        let name = "'\(reference.name.cut(toBytes: 100))'"
        add(
          entry, reference.path,
          Wording(
            "there is no \(reference.kind) \(name)\(near.map { "; did you mean '\($0)'?" } ?? "")",
            "没有 \(reference.kind) \(name)\(near.map { "；是否指 '\($0)'？" } ?? "")"))
      }
    }
  }

  // ---- what people see

  /// Over all that applying it would do.
  var fingerprint: String {
    var bytes = Array("\(base)".utf8)
    for change in changes {
      bytes += "\n\(change.id.kind)/\(change.id.name) \(change.after?.path ?? "")\n".utf8
      bytes += (change.after?.text ?? "").utf8
    }
    return Digest.hexadecimal(Digest.sha256(bytes))
  }

  func message(_ schema: MessageSchema) -> Remit_Platform_V1_ChangePlan {
    .with {
      $0.baseVersion = UInt64(clamping: base)
      $0.fingerprint = fingerprint
      $0.changes = changes.map { $0.message(schema) }
      $0.findings = findings.sorted { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }
    }
  }
}

extension ConfigurationPlan.Change {
  func message(_ schema: MessageSchema) -> Remit_Platform_V1_DocumentChange {
    .with {
      $0.kind = id.kind
      $0.name = id.name
      $0.action = before == nil ? .added : after == nil ? .removed : .changed
      if let before, let after { $0.fields = DocumentDifference(from: before, to: after, schema).fields }
    }
  }
}
