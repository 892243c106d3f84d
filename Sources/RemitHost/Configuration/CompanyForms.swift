import RemitAPI
import RemitExpressions
import RemitJSON
import SwiftProtobuf

/// The forms of one version of a company's configuration, compiled.
struct CompanyForms: Sendable {
  /// By the path of the method.
  private var programs: [String: [FormProgram]] = [:]
  /// By the path of the method, in the order that they are asked.
  private var approvals: [String: [ApprovalProgram]] = [:]
  /// Its decision tables.
  private(set) var rules: [RuleProgram] = []
  /// Where its documents may look things up.
  private(set) var views = LookupViews()
  /// Kinds of the company's own records, by name.
  private(set) var recordKinds: [String: Remit_Document_V1_RecordKind] = [:]
  /// By name; those that cannot be used any more are told as not there.
  private(set) var sources: [String: SourceProgram] = [:]
  /// Why calls cannot be judged; nil: they can.
  private(set) var fault: String?

  static let none = CompanyForms()

  private init() {}

  /// - Parameters:
  ///   - methods: that forms may be about, by their path.
  ///   - recordMethods: that keep records.
  init(
    _ documents: [StoredDocument], methods: [String: ServedMethod], recordMethods: [ServedMethod], schema: MessageSchema,
    views: [String: String], carriers: [DocumentKinds.Kind]
  ) {
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
    self.views = LookupViews(published: views, records: recordKinds)
    let views = self.views
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
    takeApprovals(documents, methods.merging(recordMethods.map { ($0.path, $0) }) { first, _ in first }, schema, rules, views, carriers)
    takeSources(
      documents, methods.merging(recordMethods.filter { $0.name == "CreateRecord" }.map { ($0.path, $0) }) { first, _ in first }, schema,
      views)
  }

  /// Those of which something is missing now hold nothing through: the method cannot be called.
  private mutating func takeApprovals(
    _ documents: [StoredDocument], _ methods: [String: ServedMethod], _ schema: MessageSchema, _ rules: [RuleProgram], _ views: LookupViews,
    _ carriers: [DocumentKinds.Kind]
  ) {
    let all = documents.filter { $0.id.kind == "approval" }.compactMap { try? Remit_Document_V1_Approval(serializedBytes: $0.body) }
    for approval in all.sorted(by: { ($0.rank, $0.name) < ($1.rank, $1.name) }) {
      let kind = carriers.first { kind in documents.contains { $0.id == DocumentID(kind: kind.name, name: approval.flow) } }
      guard let kind, let method = methods["/\(approval.method)"],
        let program = ApprovalProgram.compile(
          approval, carriedBy: kind, requestType: method.requestType, schema: schema, rules: rules, views: views,
          own: forms(of: method.path).ownFieldsOfForms(at: approval.at)
        ).program
      else {
        fault = "the approval \(approval.name) cannot be used any more; apply it anew"
        continue
      }
      approvals[method.path, default: []].append(program)
    }
  }

  /// - Parameter methods: that sources may be for, by their path.
  private mutating func takeSources(
    _ documents: [StoredDocument], _ methods: [String: ServedMethod], _ schema: MessageSchema, _ views: LookupViews
  ) {
    for document in documents where document.id.kind == "source" {
      guard let source = try? Remit_Document_V1_Source(serializedBytes: document.body), let method = methods["/\(source.method)"] else {
        continue
      }
      sources[source.name] =
        SourceProgram.compile(
          source, for: method, schema: schema, views: views, own: forms(of: method.path).ownFields(recordKind: source.record)
        ).program
    }
  }

  func forms(of path: String) -> [FormProgram] { programs[path] ?? [] }
  func approvals(of path: String) -> [ApprovalProgram] { approvals[path] ?? [] }
}

extension [FormProgram] {
  /// As the forms declare them that are about a field of the request.
  func ownFieldsOfForms(at: String) -> [Remit_Document_V1_FormField] {
    filter { $0.recordKind == nil && ($0.at?.name ?? "") == at }.flatMap(\.fields).compactMap { field in
      guard case .own = field.path.target else { return nil }
      return .with {
        $0.name = field.source.name
        $0.type = field.source.type
        $0.scale = field.source.scale
      }
    }
  }

  /// Fields of a company's own that they declare, by the field of the request that holds the message.
  ///
  /// - Parameter recordKind: of which records the requests are; empty: of none.
  func ownFields(recordKind: String) -> [String: [RecordType.Field]] {
    filter { $0.recordKind.map { $0 == recordKind } ?? true }.reduce(into: [:]) { found, form in
      let own = form.fields.compactMap { field in if case .own(_, let own) = field.path.target { own } else { nil } }
      found[form.at?.name ?? "", default: []] += own
    }
  }
}
