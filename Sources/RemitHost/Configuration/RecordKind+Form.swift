import RemitAPI
import RemitExpressions
import RemitJSON
import SwiftProtobuf

extension Remit_Document_V1_RecordKind {
  /// With their types.
  var ownFields: [RecordType.Field] {
    fields.filter { $0.type != .unspecified }.map { .init($0.name, .nullable($0.type.valueType)) }
  }

  /// What the kind says of requests of a method that keeps records.
  func form(for method: ServedMethod) -> Remit_Document_V1_Form {
    .with {
      $0.name = name
      $0.title = title
      $0.method = String(method.path.dropFirst())
      $0.at = "record"
      $0.fields = fields
      $0.checks = checks
      $0.with = with
      $0.serial = serial
    }
  }

  func compile(
    for method: ServedMethod, schema: MessageSchema, rules: [RuleProgram], views: LookupViews
  ) -> (program: FormProgram?, problems: [ContentProblem]) {
    FormProgram.compile(
      form(for: method), requestType: method.requestType, schema: schema, rules: rules, views: views, recordKind: name)
  }
}
