import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON

/// A form, checked and compiled: it shapes and judges requests of one method.
final class FormProgram: Sendable {
  struct FieldProgram: Sendable {
    let source: Remit_Document_V1_FormField
    let path: FieldPath
    var required: Expression?
    var show: Expression?
    var defaultValue: Expression?
    var compute: Expression?
    var min: Value?
    var max: Value?
    /// Over one text.
    var pattern: Expression?
  }

  struct CheckProgram: Sendable {
    let source: Remit_Document_V1_Check
    let that: Expression
    let when: Expression?
    /// That it asks about, and the one that it is at.
    let fieldsOfIt: Set<String>
  }

  struct ReferenceProgram: Sendable {
    let field: FieldProgram
    let kind: String
    /// What the company calls such.
    let title: Remit_Document_V1_Text
  }

  let form: Remit_Document_V1_Form
  /// Of what kind of a company's own records it is; nil: it is a form.
  let recordKind: String?
  /// nil: the form is about the request itself.
  let at: MessageSchema.Field?
  /// A field of a google.protobuf.FieldMask in the request: of fields that it does not name nothing is asked. nil: there is none.
  let mask: MessageSchema.Field?
  /// Of the message that it is about, with fields of the company's own. nil: it has none.
  let custom: MessageSchema.Field?
  let fields: [FieldProgram]
  let checks: [CheckProgram]
  let lookups: [LookupProgram]
  /// To records that there must be.
  let references: [ReferenceProgram]
  let serial: Expression?
  let records: MessageRecords

  /// At worst, all its expressions together.
  static let costMax = 5_000_000

  init(
    _ builder: FormBuilder, _ records: MessageRecords, _ fields: [FieldProgram], _ checks: [CheckProgram], serial: Expression?
  ) {
    lookups = builder.lookups
    self.serial = serial
    form = builder.form
    recordKind = builder.recordKind
    references = fields.compactMap { field in
      let kind = field.source.reference
      return kind.isEmpty ? nil : ReferenceProgram(field: field, kind: kind, title: builder.views.records[kind]?.title ?? .init())
    }
    at = builder.at
    mask = builder.request.fields.first { if case .message("google.protobuf.FieldMask") = $0.kind { true } else { false } }
    custom = builder.custom
    self.records = records
    self.fields = fields
    self.checks = checks
  }

  /// - Parameters:
  ///   - requestType: of the method, its full name.
  ///   - rules: that its expressions may ask.
  ///   - views: that it may look things up in.
  ///   - recordKind: of what kind of a company's own records the form is.
  static func compile(
    _ form: Remit_Document_V1_Form, requestType: String, schema: MessageSchema, rules: [RuleProgram] = [],
    views: LookupViews = LookupViews(), recordKind: String? = nil
  ) -> (program: FormProgram?, problems: [ContentProblem]) {
    guard let request = try? schema.message(requestType) else { return (nil, []) }
    var builder = FormBuilder(form: form, request: request, schema: schema, rules: rules, views: views, recordKind: recordKind)
    let program = builder.program()
    return (builder.problems.isEmpty ? program : nil, builder.problems)
  }

  // ---- the variables of expressions

  static let user = RecordType("user", fields: [.init("name", .string), .init("roles", .list(.string))])
  static let company = RecordType(
    "company", fields: [.init("name", .string), .init("currency", .string), .init("time_zone", .string), .init("locale", .string)])

  /// - Parameter row: the element of the list that a field is in.
  static func environment(
    _ records: MessageRecords, _ rules: [RuleProgram], _ lookups: [LookupProgram], it: String, request: String, row: String?
  ) -> Environment {
    var variables: [Environment.Variable] = [
      .init("it", .record(it)), .init("request", .record(request)), .init("user", .record("user")), .init("company", .record("company")),
      .init("today", .date), .init("now", .timestamp),
    ]
    variables += lookups.map { .init($0.name, .record($0.record.name)) }
    if let row { variables.append(.init("row", .record(row))) }
    var limits = Environment.Limits()
    limits.cost = costMax
    return Environment(
      variables: variables, functions: rules.map(\.function),
      records: Array(records.types.values) + rules.map(\.record) + lookups.flatMap(\.records) + [user, company],
      limits: limits)
  }

  static let textEnvironment = Environment(variables: [.init("text", .string, sizeMax: 4096)])
}

extension Remit_Document_V1_FieldType {
  var valueType: ValueType {
    switch self {
    case .bool: .bool
    case .int: .int
    case .decimal: .decimal
    case .money: .money
    case .date: .date
    case .text, .unspecified, .UNRECOGNIZED: .string
    }
  }
}
