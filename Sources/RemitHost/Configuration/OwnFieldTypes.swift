import RemitAPI
import RemitDocuments
import RemitJSON

/// Which type each field of a company's own has: what was kept under a name is read by it for ever, whichever form declares it.
struct OwnFieldTypes {
  private struct Name: Hashable {
    /// Full name of the message that it is kept with, or the kind of record: "record contract".
    let keptWith: String
    let field: String
  }

  private let methods: [String: ServedMethod]
  private let schema: MessageSchema
  private var types: [Name: Remit_Document_V1_FieldType] = [:]

  init(
    _ forms: [Remit_Document_V1_Form], _ records: [Remit_Document_V1_RecordKind], _ methods: [String: ServedMethod], _ schema: MessageSchema
  ) {
    self.methods = methods
    self.schema = schema
    for form in forms { _ = conflicts(of: form) }
    for record in records { _ = conflicts(of: record) }
  }

  /// Takes note of a form's fields.
  ///
  /// - Returns: which of them had another type, by their index.
  mutating func conflicts(of form: Remit_Document_V1_Form) -> [(index: Int, wording: Wording)] {
    guard let message = message(of: form) else { return [] }
    return conflicts(of: form.fields, keptWith: message)
  }

  mutating func conflicts(of record: Remit_Document_V1_RecordKind) -> [(index: Int, wording: Wording)] {
    conflicts(of: record.fields, keptWith: "record \(record.name)")
  }

  private mutating func conflicts(
    of fields: [Remit_Document_V1_FormField], keptWith: String
  ) -> [(index: Int, wording: Wording)] {
    var found: [(index: Int, wording: Wording)] = []
    for (index, field) in fields.enumerated() where field.type != .unspecified {
      let name = Name(keptWith: keptWith, field: field.name)
      guard let type = types[name] else {
        types[name] = field.type
        continue
      }
      guard type != field.type else { continue }
      let words = EnumWords.written("\(type)", of: "")
      found.append(
        (
          index,
          Wording(
            "'\(field.name)' is kept as \(words) already, and stays so; take another name", "'\(field.name)' 已按 \(words) 保存，类型不可更改，请换一个名称")
        ))
    }
    return found
  }

  private func message(of form: Remit_Document_V1_Form) -> String? {
    guard let method = methods["/\(form.method)"], let request = try? schema.message(method.requestType) else { return nil }
    guard !form.at.isEmpty else { return request.name }
    guard let field = request.byName[form.at], case .message(let name) = field.kind else { return nil }
    return name
  }
}
