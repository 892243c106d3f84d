import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitFiles
import RemitJSON
import RemitSDK
import SwiftProtobuf

/// A source for files like one that is given, as far as its header and its cells tell.
struct ProposedSource {
  /// A field of a request that a column may be.
  private struct Candidate {
    let field: String
    /// As columns may be headed, the likeliest first.
    let names: [String]
    let isDate: Bool
    let isAmount: Bool
    /// What its text has to be looked up in.
    let find: String?
    /// Whether it has names that people gave it; else only its own name is it.
    var isNamed = true
  }

  let document: String
  let unused: [String]

  /// - Parameters:
  ///   - record: of which records the requests are; empty: of none.
  ///   - forms: of the method, whose fields have labels and are the company's own.
  ///   - files: with the names that fields have.
  init(
    _ name: String, for method: ServedMethod, record: String, _ table: TableFile, forms: [FormProgram], schema: MessageSchema,
    views: LookupViews,
    names: FieldNames
  ) {
    let forms = forms.filter { $0.recordKind.map { $0 == record } ?? true }
    var builder = CandidateList(schema: schema, forms: forms, views: views, names: names)
    builder.collect(method.requestType, [])
    let candidates = builder.candidates
    let columns = FileRequests.columns(of: table)
    let chosen = Self.choose(columns, candidates.map(\.names), named: Set(candidates.indices.filter { candidates[$0].isNamed }))
    var text = "kind: source\nname: \(name)\nmethod: \(method.path.dropFirst())\n"
    if !record.isEmpty { text += "record: \(record)\n" }
    text += Self.form(table, chosen.map { (candidates[$0.candidate], $0.column) })
    text += "fields:\n"
    for (column, index) in chosen.sorted(by: { $0.candidate < $1.candidate }) {
      let candidate = candidates[index]
      let find = candidate.find.map { ", find: \($0)" } ?? ""
      text += "  - {field: \(candidate.field), column: \(JSONValue.string(columns[column]).text)\(find)}\n"
    }
    document = text
    let used = Set(chosen.map(\.column))
    unused = columns.indices.filter { !used.contains($0) }.map { columns[$0] }
  }

  /// Which candidate each column is: those that are called so, then those whose names hold one another.
  ///
  /// - Parameter named: candidates that may be called by a part of their name.
  private static func choose(_ columns: [String], _ names: [[String]], named: Set<Int>) -> [(column: Int, candidate: Int)] {
    func key(_ text: String) -> String { FileRequests.key(text).filter { !"_-./#".contains($0) } }
    let keys = columns.map(key)
    let wanted = names.map { $0.map(key) }
    var chosen: [(column: Int, candidate: Int)] = []
    func take(among: (Int) -> Bool, _ score: (String, String) -> Int?) {
      var pairs: [(score: Int, column: Int, candidate: Int)] = []
      for (column, key) in keys.enumerated() where !key.isEmpty && !chosen.contains(where: { $0.column == column }) {
        for (candidate, names) in wanted.enumerated() where among(candidate) && !chosen.contains(where: { $0.candidate == candidate }) {
          guard let best = names.enumerated().compactMap({ rank, name in score(key, name).map { $0 * 100 - rank } }).max() else { continue }
          pairs.append((best, column, candidate))
        }
      }
      for pair in pairs.sorted(by: { ($0.score, -$0.column, -$0.candidate) > ($1.score, -$1.column, -$1.candidate) })
      where !chosen.contains(where: { $0.column == pair.column || $0.candidate == pair.candidate }) {
        chosen.append((pair.column, pair.candidate))
      }
    }
    take(among: { _ in true }) { $0 == $1 ? 1 : nil }
    // Of short words many hold each other by chance.
    take(among: named.contains) { key, name in
      let (shorter, longer) = (
        min(key.unicodeScalars.count, name.unicodeScalars.count), max(key.unicodeScalars.count, name.unicodeScalars.count)
      )
      guard shorter * 5 >= longer * 3 else { return nil }
      let isLong = shorter >= (key.unicodeScalars.contains { $0.value > 0x2E80 } ? 2 : 5)
      return isLong && (key.contains(name) || name.contains(key)) ? shorter : nil
    }
    return chosen
  }

  /// What the cells say of how numbers and days are written.
  private static func form(_ table: TableFile, _ chosen: [(candidate: Candidate, column: Int)]) -> String {
    var lines: [String] = []
    func texts(_ column: Int) -> [String] { table.records.prefix(1000).map { $0.cells[column] }.filter { !$0.isEmpty } }
    let days = chosen.filter(\.candidate.isDate).flatMap { texts($0.column) }
    if let order = days.lazy.compactMap({ DateText.order(of: $0) }).first {
      lines.append("  date_order: \(order == .dayMonthYear ? "day_month_year" : "month_day_year")\n")
    }
    let amounts = chosen.filter(\.candidate.isAmount).flatMap { texts($0.column) }
    if table.format == .csv, let mark = amounts.lazy.compactMap({ $0.firstMatch(of: /[0-9]([.,])[0-9]{1,2}\D*$/)?.1 }).first {
      lines.append("  decimal_mark: \(mark == "," ? "comma" : "point")\n")
    }
    return lines.isEmpty ? "" : "file:\n\(lines.joined())"
  }

  private struct CandidateList {
    let schema: MessageSchema
    let forms: [FormProgram]
    let views: LookupViews
    let names: FieldNames
    private(set) var candidates: [Candidate] = []

    init(schema: MessageSchema, forms: [FormProgram], views: LookupViews, names: FieldNames) {
      self.schema = schema
      self.forms = forms
      self.views = views
      self.names = names
    }

    mutating func collect(_ message: String, _ path: [String]) {
      guard path.count < 3, let type = try? schema.message(message) else { return }
      for field in type.fields where schema.mapEntry(field) == nil {
        let inner = path + [field.name]
        switch field.kind {
        case .message("google.protobuf.Struct"): collectOwn(path)
        case .message("remit.type.v1.Money") where !field.isRepeated:
          add(inner, field, of: message)
          candidates.append(
            Candidate(
              field: "\(inner.joined(separator: ".")).currency", names: ["currency", "币种", "货币", "Währung"], isDate: false,
              isAmount: false, find: nil))
        case .message(let name) where !field.isRepeated && !name.hasPrefix("google."): collect(name, inner)
        case .message, .bytes: break
        default: if !field.isRepeated { add(inner, field, of: message) }
        }
      }
    }

    private mutating func add(_ path: [String], _ field: MessageSchema.Field, of message: String) {
      let last = field.name.replacing("_", with: " ")
      let isMoney = if case .message = field.kind { true } else { false }
      candidates.append(
        Candidate(
          field: path.joined(separator: "."),
          names: labels(path, own: false) + (path == ["record", "id"] ? recordIDs : names[message, field.name] ?? [last]),
          isDate: TextMeaning(field)?.type == .date, isAmount: isMoney, find: find(field),
          isNamed: names[message, field.name] != nil || !labels(path, own: false).isEmpty || path == ["record", "id"]))
    }

    /// 合同编号, contract number
    private var recordIDs: [String] {
      let titles = forms.flatMap {
        [$0.form.title.any, $0.form.title.zh].filter { !$0.isEmpty }.map { "\($0)编号" } + ["\($0.form.title.en) number"]
      }
      return titles + ["id", "number", "no", "编号"]
    }

    private mutating func collectOwn(_ path: [String]) {
      for form in forms where [form.at?.name].compactMap({ $0 }) == path {
        for field in form.fields {
          guard case .own(let custom, let own) = field.path.target else { continue }
          let type = own.type.unwrapped
          candidates.append(
            Candidate(
              field: (path + [custom.name, own.name]).joined(separator: "."),
              names: labels(path + [own.name], own: true) + [own.name.replacing("_", with: " ")], isDate: type == .date,
              isAmount: [.money, .decimal].contains(type), find: nil))
        }
      }
    }

    /// What the company's forms call it.
    private func labels(_ path: [String], own: Bool) -> [String] {
      forms.flatMap { form -> [String] in
        let below = form.at.map { path.first == $0.name ? Array(path.dropFirst()) : [] } ?? path
        return form.fields.filter { field in
          let isOwn = if case .own = field.path.target { true } else { false }
          return isOwn == own && field.path.name == below.joined(separator: ".")
        }.flatMap { [$0.source.label.any, $0.source.label.en, $0.source.label.zh, $0.source.label.de] }
      }.filter { !$0.isEmpty }
    }

    /// An id that files do not have is looked up by what they have: in a view that has it as a column.
    private func find(_ field: MessageSchema.Field) -> String? {
      guard field.name.hasSuffix("_id"), field.name != "external_id" else { return nil }
      for (view, message) in views.published.sorted(by: { $0.key < $1.key }) {
        guard view.split(separator: ".").last == "\(field.name.dropLast(3))_v1", let type = try? schema.message(message),
          type.byName[field.name] != nil
        else { continue }
        let by = ["number", "name"].filter { type.byName[$0]?.name == $0 }
        return by.isEmpty ? nil : "{view: \(view), by: [\(by.joined(separator: ", "))], gives: \(field.name)}"
      }
      return nil
    }
  }
}

/// How people call the fields of messages at the head of a column (remit.api.v1.FieldRule.names).
struct FieldNames: Sendable {
  private var names: [String: [String]] = [:]

  init(_ files: [Google_Protobuf_FileDescriptorProto]) {
    for file in files {
      for message in file.messageType {
        for field in message.field where !field.options.Remit_Api_V1_field.names.isEmpty {
          names["\(file.package).\(message.name).\(field.name)"] = field.options.Remit_Api_V1_field.names
        }
      }
    }
  }

  subscript(_ message: String, _ field: String) -> [String]? { names["\(message).\(field)"] }
}
