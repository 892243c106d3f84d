import RemitJSON
import SwiftProtobuf
import Synchronization

/// What a method answered, as it is shown: a list as a table, anything else field by field; the messages of a stream are a list.
final class ModuleReply: Sendable {
  private let output: Output
  private let replies = Mutex<[JSONValue]>([])

  init(_ output: Output) { self.output = output }

  func add(_ reply: JSONValue) {
    if output.output == .json { return print(reply.text) }
    replies.withLock { $0.append(reply) }
  }

  /// - Parameter fields: of the reply's message.
  func end(_ fields: [ModuleSchema.Field], _ schema: ModuleSchema) {
    let replies = replies.withLock { $0 }
    guard output.output != .json, let first = replies.first else { return }
    let lists = fields.filter { $0.label == .repeated && $0.type == .message && !schema.isMap($0) }
    let others = fields.filter { field in !lists.contains(field) && field.name != "next_page_token" }
    if lists.isEmpty, replies.count > 1 { return show(replies) }
    // A spreadsheet takes one table: the list, unless that is only a part of one thing.
    let isOneThing = others.contains { $0.name == "id" || $0.type == .message && $0.label != .repeated && !$0.isMoney }
    if output.output == .csv, let list = lists.first, !isOneThing { return show(rows(list, of: replies)) }
    if !others.isEmpty || lists.isEmpty {
      var table = Table([("field", .left), ("value", .left)])
      table.rows = Self.cells(first, withAbsent: others).map { [$0.name, $0.text] }
      print(output.text(of: table), terminator: "")
    }
    for list in lists where output.output == .table || others.isEmpty {
      let rows = rows(list, of: replies)
      guard !rows.isEmpty || lists.count == 1 && others.isEmpty else { continue }
      if lists.count > 1 || !others.isEmpty { print("\n\(list.jsonName)") }
      show(rows)
    }
  }

  private func rows(_ list: ModuleSchema.Field, of replies: [JSONValue]) -> [JSONValue] {
    replies.flatMap { reply -> [JSONValue] in
      if case .array(let rows) = reply[list.jsonName] ?? .null { rows } else { [] }
    }
  }

  /// JSON leaves out what is false, or 0.
  private static func cells(_ value: JSONValue, withAbsent fields: [ModuleSchema.Field]) -> [(name: String, text: String)] {
    fields.filter { $0.label != .repeated }.flatMap { field -> [(name: String, text: String)] in
      if let member = value[field.jsonName] { return cells(.object([(field.jsonName, member)])).map { ($0.name, $0.text) } }
      guard !field.hasOneofIndex else { return [] }
      return field.type == .bool ? [(field.jsonName, "false")] : field.isNumber ? [(field.jsonName, "0")] : []
    }
      + fields.filter { $0.label == .repeated && value[$0.jsonName] != nil }.flatMap { field in
        cells(.object([(field.jsonName, value[field.jsonName] ?? .null)])).map { ($0.name, $0.text) }
      }
  }

  private func show(_ rows: [JSONValue]) {
    if rows.isEmpty, output.output == .table { return print("there are none") }
    let partsMoney = output.output == .csv
    let rows = rows.map { Self.cells($0, partsMoney: partsMoney) }
    var names: [String] = []
    for row in rows {
      // A field that a row lacks keeps its place among those that are there.
      var place = 0
      for cell in row {
        if let known = names.firstIndex(of: cell.name) {
          place = known + 1
        } else {
          names.insert(cell.name, at: place)
          place += 1
        }
      }
    }
    let numeric = Set(names.filter { name in rows.allSatisfy { row in row.first { $0.name == name }?.isNumber ?? true } })
    var table = Table(names.map { ($0, numeric.contains($0) ? .right : .left) })
    table.rows = rows.map { row in names.map { name in row.first { $0.name == name }?.text ?? "" } }
    print(output.text(of: table), terminator: "")
  }

  /// The fields with a value, those of messages within too ("customer.name"); of lists within, how many they have.
  ///
  /// - Parameter partsMoney: the currency in a cell of its own, so that a spreadsheet can add up.
  private static func cells(
    _ value: JSONValue, within path: String = "", partsMoney: Bool = false
  ) -> [(name: String, text: String, isNumber: Bool)] {
    guard case .object(let members) = value else { return [(path, value.string ?? value.text, false)] }
    return members.flatMap { key, member -> [(name: String, text: String, isNumber: Bool)] in
      let name = path.isEmpty ? key : "\(path).\(key)"
      switch member {
      case .object(let inner) where Set(inner.map(\.key)) == ["amount", "currency"]:
        let (amount, currency) = (member["amount"]?.string ?? "", member["currency"]?.string ?? "")
        return partsMoney ? [(name, amount, true), ("\(name).currency", currency, false)] : [(name, "\(amount) \(currency)", true)]
      case .object: return cells(member, within: name, partsMoney: partsMoney)
      case .array(let items):
        let texts = items.compactMap { item -> String? in
          guard case .object(let inner) = item else { return item.string ?? item.text }
          guard Set(inner.map(\.key)) == ["amount", "currency"] else { return nil }
          return "\(item["amount"]?.string ?? "") \(item["currency"]?.string ?? "")"
        }
        return [(name, texts.count == items.count ? texts.joined(separator: ", ") : "\(items.count) in json", false)]
      case .number(let text): return [(name, text, true)]
      default: return [(name, member.string ?? member.text, false)]
      }
    }
  }
}
