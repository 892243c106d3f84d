import RemitAPI
import RemitJSON
import SwiftProtobuf

/// The forms of one version of a company's configuration, compiled.
struct CompanyForms: Sendable {
  /// By the path of the method.
  private var programs: [String: [FormProgram]] = [:]
  /// Kinds of the company's own records, by name.
  private(set) var recordKinds: [String: Remit_Document_V1_RecordKind] = [:]
  /// Why calls cannot be judged; nil: they can.
  private(set) var fault: String?

  static let none = CompanyForms()

  private init() {}

  /// - Parameters:
  ///   - methods: that forms may be about, by their path.
  ///   - recordMethods: that keep records.
  init(
    _ documents: [StoredDocument], methods: [String: ServedMethod], recordMethods: [ServedMethod], schema: MessageSchema,
    views: [String: String]
  ) {
    var rules: [RuleProgram] = []
    for document in documents where document.id.kind == "rule" {
      guard let rule = try? Remit_Document_V1_Rule(serializedBytes: document.body), let program = RuleProgram.compile(rule).program else {
        fault = "\(document.id.words) cannot be used any more; apply it anew"
        continue
      }
      rules.append(program)
    }
    for document in documents where document.id.kind == "record" {
      guard let kind = try? Remit_Document_V1_RecordKind(serializedBytes: document.body) else { continue }
      recordKinds[kind.name] = kind
    }
    let views = LookupViews(published: views, records: recordKinds.mapValues(\.ownFields))
    for kind in recordKinds.values {
      for method in recordMethods {
        guard let program = kind.compile(for: method, schema: schema, rules: rules, views: views).program else {
          fault = "the record \(kind.name) cannot be used any more; apply it anew"
          continue
        }
        programs[method.path, default: []].append(program)
      }
    }
    for document in documents where document.id.kind == "form" {
      guard let form = try? Remit_Document_V1_Form(serializedBytes: document.body), let method = methods["/\(form.method)"],
        let program = FormProgram.compile(form, requestType: method.requestType, schema: schema, rules: rules, views: views).program
      else {
        // What was applied was sound; a newer module asks more. Nothing passes unjudged.
        fault = "\(document.id.words) cannot be used any more; apply it anew"
        continue
      }
      programs[method.path, default: []].append(program)
    }
  }

  func forms(of path: String) -> [FormProgram] { programs[path] ?? [] }
}
