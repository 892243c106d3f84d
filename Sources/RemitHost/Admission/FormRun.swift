import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import SwiftProtobuf

/// One request in a form's hands.
struct FormRun {
  let program: FormProgram
  let it: DynamicMessage
  let call: JudgedCall
  let values: [Value]
  private let atName: String
  /// Fields that the request's mask names; nil: all are meant.
  private let masked: Set<String>?
  private let locale: String

  init(program: FormProgram, request: DynamicMessage, call: JudgedCall, lookups: [Value]) {
    self.program = program
    self.call = call
    it = program.at.flatMap(request.message) ?? request
    values = [program.records.record(it), program.records.record(request)] + call.values + lookups
    atName = program.at?.name ?? ""
    locale = call.caller.tenant.locale
    masked = program.mask.flatMap { request.fieldMask($0) }
  }

  private func isMeant(_ path: FieldPath) -> Bool {
    guard let masked else { return true }
    let first = path.name.split(separator: ".").first.map(String.init) ?? path.name
    guard case .own(let custom, _) = path.target else { return masked.contains(first) }
    return masked.contains(custom.name)
  }

  /// An update leaves fields of the company's own that it does not name.
  private func isLeft(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place) -> Bool {
    guard masked != nil, case .own(let custom, let own) = field.path.target else { return false }
    return field.path.ownFields(custom, place.message)?.names.contains(own.name) != true
  }

  /// What an update does not name is not known here.
  private func isComputable(_ expression: Expression) -> Bool {
    guard let masked else { return true }
    return expression.root.fieldsOfIt.allSatisfy { masked.contains($0.split(separator: ".").first.map(String.init) ?? $0) }
  }

  private func places(_ field: FormProgram.FieldProgram) -> [FieldPath.Place] { isMeant(field.path) ? field.path.places(in: it) : [] }

  /// With the element that a field is in, of a list.
  private func values(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place) -> [Value] {
    guard let list = field.path.list, let element = place.element, element < it[list].count, case .message(let row) = it[list][element]
    else {
      return values
    }
    return values + [program.records.record(row)]
  }

  private func words(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place) -> String { field.path.words(at: atName, place) }

  private func fault(_ wording: Wording) -> String { wording.text(locale) }

  // ---- shaping

  func clean(_ judgement: inout Judgement) {
    for field in program.fields where !field.source.clean.isEmpty {
      for place in places(field) {
        guard let text = field.path.text(in: place.message) else { continue }
        let clean = Cleaning.clean(text, field.source.clean)
        guard !clean.hasSameBytes(as: text) else { continue }
        noting(field, place, &judgement) {
          field.path.set(text: clean, in: place.message)
          return nil
        }
      }
    }
  }

  func shape(_ judgement: inout Judgement) {
    for field in program.fields {
      for place in places(field) {
        requireRight(field, place, &judgement)
        noting(field, place, &judgement) {
          do throws(EvaluationError) {
            try fill(field, place)
            return nil
          } catch {
            return fault(Wording("cannot be filled: \(error.message)", "无法填写：\(error.message)"))
          }
        }
        if canonicalize(field, place) { judgement.isShaped = true }
      }
    }
  }

  /// Notes what a step changes.
  ///
  /// - Parameter step: gives what is wrong.
  private func noting(
    _ field: FormProgram.FieldProgram, _ place: FieldPath.Place, _ judgement: inout Judgement, _ step: () -> String?
  ) {
    let before = field.path.shown(in: place.message)
    if let fault = step() { judgement.refuse(words(field, place), fault) }
    let after = field.path.shown(in: place.message)
    if !before.hasSameBytes(as: after) { judgement.change(words(field, place), by: program.form.name, from: before, to: after) }
  }

  private func fill(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place) throws(EvaluationError) {
    let (path, message) = (field.path, place.message)
    let scale = Int(field.source.scale)
    guard !path.isExcluded(in: message) else { return }
    if let compute = field.compute {
      guard isComputable(compute) else {
        if path.isEmpty(in: message) { return }
        throw EvaluationError(.invalidArgument, "it is computed, from fields that this change does not name")
      }
      let value = try compute.evaluate(values(field, place))
      // The same written otherwise stays as it was sent: 5.0 for 5.
      if !path.shown(in: message).hasSameBytes(as: FieldPath.words(value)) { try path.assign(value, in: message, scale: scale) }
    } else if let expression = field.defaultValue, path.isEmpty(in: message), !isLeft(field, place) {
      try path.assign(try expression.evaluate(values(field, place)), in: message, scale: scale)
    }
  }

  /// Fields of the company's own are kept in one form.
  private func canonicalize(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place) -> Bool {
    guard case .own(let custom, let own) = field.path.target else { return false }
    return field.path.ownFields(custom, place.message)?.canonicalize(own, scale: Int(field.source.scale)) ?? false
  }

  /// Also where it is to be taken away.
  private func isGiven(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place) -> Bool {
    if !field.path.isEmpty(in: place.message) { return true }
    guard case .own(let custom, let own) = field.path.target else { return masked != nil }
    return field.path.ownFields(custom, place.message)?.names.contains(own.name) == true
  }

  /// Some fields only some may give.
  private func requireRight(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place, _ judgement: inout Judgement) {
    let roles = field.source.editableBy
    guard !roles.isEmpty, call.isPersons, isGiven(field, place), field.compute == nil,
      !call.caller.roles.contains(where: { $0 == "owner" || roles.contains($0) })
    else { return }
    let names = roles.joined(separator: ", ")
    judgement.refuse(words(field, place), fault(Wording("may only be given by \(names)", "仅 \(names) 可填写")))
  }

  // ---- references

  /// What finds the records that a field names; nil: it names none.
  ///
  /// - Parameter holds: nobody closes them until the call has ended.
  func statement(_ reference: FormProgram.ReferenceProgram, holds: Bool) -> SQL? {
    let ids = places(reference.field).compactMap { reference.field.path.text(in: $0.message) }.filter { !$0.isEmpty }
    guard !ids.isEmpty else { return nil }
    var parameters: [Parameter] = [.text(reference.kind), .texts(ids)]
    var isLinked = program.isUpdate ? "true" : "false"
    if let kind = program.recordKind, program.isUpdate, case .own(_, let own) = reference.field.path.target {
      parameters += [.text(kind), .text(it.type.byName["id"].map(it.text) ?? "")]
      isLinked = "EXISTS (SELECT FROM host.record o WHERE o.kind = $3 AND o.id = $4 AND o.custom ->> '\(own.name)' = r.id)"
    }
    return SQL(
      """
      SELECT r.id, r.closed AND NOT \(isLinked) FROM host.record r WHERE r.kind = $1 AND r.id = ANY ($2)\(holds ? " FOR SHARE OF r" : "")
      """, parameters)
  }

  func judge(_ reference: FormProgram.ReferenceProgram, _ rows: Remit_Plugin_V1_Rows?, _ judgement: inout Judgement) throws {
    let found = try rows?.map { row in (id: try row.text(), isClosed: try row.bool()) } ?? []
    for place in places(reference.field) {
      guard let id = reference.field.path.text(in: place.message), !id.isEmpty else { continue }
      let title = reference.title.text(locale)
      let shown = "\(title.isEmpty ? reference.kind : title) \(id.cut(toBytes: 100))"
      let record = found.first { $0.id.hasSameBytes(as: id) }
      if record == nil {
        judgement.refuse(words(reference.field, place), fault(Wording("there is no \(shown)", "没有 \(shown)")))
      } else if record?.isClosed == true {
        judgement.refuse(words(reference.field, place), fault(Wording("the \(shown) is closed", "\(shown) 已关闭")))
      }
    }
  }

  // ---- judging

  func judge(_ judgement: inout Judgement) {
    judgeOwnFields(&judgement)
    judgeAmounts(&judgement)
    for field in program.fields {
      for place in places(field) { judge(field, place, &judgement) }
    }
    // Of what is wrong in itself nothing more is asked.
    let prefix = atName.isEmpty ? "" : "\(atName)."
    let wrong = Set(judgement.fieldsAtFault.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
    for check in program.checks where check.fieldsOfIt.isDisjoint(with: wrong) { judge(check, &judgement) }
  }

  /// More of the company's own than there can be: these are told, and nothing else is looked at.
  func hasTooManyOwnFields(_ judgement: inout Judgement) -> Bool {
    guard let custom = program.custom, case .message(let inner)? = it[custom].first else { return false }
    let declared = Set(program.fields.compactMap { field in if case .own(_, let own) = field.path.target { own.name } else { nil } })
    let names = OwnFields(inner).names
    guard names.count > declared.count else { return false }
    for name in names.lazy.filter({ !declared.contains($0) }).prefix(20) { refuseUnknown(name, custom, declared, &judgement) }
    return true
  }

  private func refuseUnknown(_ name: String, _ custom: MessageSchema.Field, _ declared: Set<String>, _ judgement: inout Judgement) {
    let near = Suggestion.name(nearestTo: name, among: declared.sorted())
    let field = (atName.isEmpty ? "" : atName + ".") + "\(custom.name).\(name.cut(toBytes: 60))"
    judgement.refuse(
      field,
      fault(
        Wording(
          "is no field of the company's own\(near.map { "; did you mean '\($0)'?" } ?? "")",
          "不是本公司的自定义字段\(near.map { "；是否指 '\($0)'？" } ?? "")")))
  }

  /// What is not declared is not kept.
  private func judgeOwnFields(_ judgement: inout Judgement) {
    guard let custom = program.custom, case .message(let inner)? = it[custom].first else { return }
    let declared = program.fields.compactMap { field in if case .own(_, let own) = field.path.target { own } else { nil } }
    let names = Set(declared.map(\.name))
    for name in OwnFields(inner).names where !names.contains(name) { refuseUnknown(name, custom, names, &judgement) }
    for own in declared where OwnFields(inner).isUnreadable(own) {
      let field = (atName.isEmpty ? "" : atName + ".") + "\(custom.name).\(own.name)"
      judgement.refuse(field, fault(Self.form(of: own.type.unwrapped)))
    }
  }

  /// Of amounts that cannot be read nothing can be asked.
  private func judgeAmounts(_ judgement: inout Judgement) {
    for field in it.type.fields where !field.isRepeated {
      guard case .message("remit.type.v1.Money") = field.kind, case .message(let money)? = it[field].first, let text = MoneyText(money),
        text.value == nil
      else { continue }
      let (amount, currency) = (text.amount.cut(toBytes: 60), text.currency.cut(toBytes: 60))
      let wording =
        DecimalValue(text.amount) == nil
        ? Wording("is not a decimal number such as 1234.50 or -0.05, but \"\(amount)\"", "不是 1234.50 之类的数字：\"\(amount)\"")
        : Wording("has no currency of ISO 4217, such as EUR, but \"\(currency)\"", "币种应为 ISO 4217 代码，如 CNY：\"\(currency)\"")
      judgement.refuse((atName.isEmpty ? "" : atName + ".") + field.name, fault(wording))
    }
  }

  private static func form(of type: ValueType) -> Wording {
    switch type {
    case .date: Wording("must be a day, such as 2026-01-05", "应为日期，如 2026-01-05")
    case .decimal: Wording("must be a number, such as 12.50", "应为数字，如 12.50")
    case .money:
      Wording(
        "must be an amount, such as {\"currency\": \"EUR\", \"amount\": \"12.50\"}", "应为金额，如 {\"currency\": \"CNY\", \"amount\": \"12.50\"}"
      )
    case .int: Wording("must be a whole number", "应为整数")
    case .bool: Wording("must be true or false", "应为 true 或 false")
    default: Wording("must be a text", "应为文本")
    }
  }

  private func judge(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place, _ judgement: inout Judgement) {
    let values = values(field, place)
    let isHidden = if let show = field.show { (try? show.holds(values)) == false } else { false }
    if isHidden { judgement.hidden.append(words(field, place)) }
    if field.path.isEmpty(in: place.message) {
      guard let required = field.required, !isHidden, !isLeft(field, place), isComputable(required) else { return }
      do throws(EvaluationError) {
        guard try required.holds(values) else { return }
        let label = field.source.label.text(locale)
        judgement.refuse(
          words(field, place),
          fault(Wording("must be given\(label.isEmpty ? "" : ": \(label)")", "必须填写\(label.isEmpty ? "" : "：\(label)")")))
      } catch {
        judgement.refuse(words(field, place), fault(Wording("may be needed: \(error.message)", "无法判断是否必填：\(error.message)")))
      }
      return
    }
    judgeValue(field, place, &judgement)
  }

  private func judgeValue(_ field: FormProgram.FieldProgram, _ place: FieldPath.Place, _ judgement: inout Judgement) {
    let name = words(field, place)
    let text = field.path.text(in: place.message)
    let value = program.value(field.path, place.message)
    // What is read as a day or a number must be one, else no bound would be asked.
    if case .field = field.path.target, field.path.type != .string, text != nil, value == nil {
      return judgement.refuse(name, fault(Self.form(of: field.path.type)))
    }
    if let min = field.min, let value, Self.isBelow(value, min) {
      judgement.refuse(
        name,
        fault(Wording("must be at least \(FieldPath.words(min))\(value.unit.english)", "不得小于 \(FieldPath.words(min))\(value.unit.chinese)"))
      )
    }
    if let max = field.max, let value, Self.isBelow(max, value) {
      judgement.refuse(
        name,
        fault(Wording("must be at most \(FieldPath.words(max))\(value.unit.english)", "不得大于 \(FieldPath.words(max))\(value.unit.chinese)")))
    }
    if case .own = field.path.target, case .decimal(let number)? = value, number.scale > field.source.scale {
      let scale = field.source.scale
      judgement.refuse(name, fault(Wording("must have at most \(scale) decimals", "最多 \(scale) 位小数")))
    }
    guard let text, field.path.type == .string else { return }
    if let pattern = field.pattern, (try? pattern.holds([.string(text)])) != true {
      judgement.refuse(name, fault(Wording("must be of the form \(field.source.pattern)", "格式应为 \(field.source.pattern)")))
    }
    if !field.source.oneOf.isEmpty, !field.source.oneOf.contains(where: text.hasSameBytes) {
      let all = field.source.oneOf.joined(separator: ", ").cut(toBytes: 300)
      judgement.refuse(name, fault(Wording("must be one of \(all)", "应为以下之一：\(all)")))
    }
    if let wording = TextFormat.fault(text, field.source.format) { judgement.refuse(name, fault(wording)) }
  }

  /// Of an amount and a bound, of days, numbers, or how many characters a text has.
  private static func isBelow(_ one: Value, _ other: Value) -> Bool {
    switch (one, other) {
    case (.date(let one), .date(let other)): one < other
    default:
      if let one = one.magnitude, let other = other.magnitude { one.isLess(than: other) } else { false }
    }
  }

  private func judge(_ check: FormProgram.CheckProgram, _ judgement: inout Judgement) {
    let isOwn = program.fields.contains { field in
      if case .own(_, let own) = field.path.target { own.name == check.source.at } else { false }
    }
    let name = isOwn ? "\(program.custom?.name ?? "").\(check.source.at)" : check.source.at
    let field = [atName, name].filter { !$0.isEmpty }.joined(separator: ".")
    do throws(EvaluationError) {
      guard [check.that, check.when].compactMap({ $0 }).allSatisfy(isComputable) else { return }
      if let when = check.when, try !when.holds(values) { return }
      guard try !check.that.holds(values) else { return }
      let said = check.source.say.text(locale)
      if check.source.warn { judgement.warn(field, said) } else { judgement.refuse(field, said) }
    } catch {
      // Of a change only what it names is known.
      guard masked == nil else { return }
      let name = check.source.name
      judgement.refuse(field, fault(Wording("the check \(name) cannot be made: \(error.message)", "无法执行检查 \(name)：\(error.message)")))
    }
  }
}

extension FormProgram {
  /// What stands there, as expressions see it; nil where it cannot be read as what it should be.
  fileprivate func value(_ path: FieldPath, _ message: DynamicMessage) -> Value? {
    switch path.target {
    case .own(let custom, let own): return path.ownFields(custom, message)?[own]
    case .field(let field):
      guard case .record(let record) = records.record(message), let index = record.recordType.index(of: field.name) else { return nil }
      let value = record.value(at: index)
      if case .null = value { return nil }
      return value
    }
  }
}

extension Value {
  /// The number to hold against a bound.
  fileprivate var magnitude: DecimalValue? {
    switch self {
    case .int(let number): DecimalValue(number)
    case .decimal(let number): number
    case .money(let money): money.amount
    case .string(let text): DecimalValue(Int64(text.unicodeScalars.count))
    case .list(let list): DecimalValue(Int64(list.count))
    default: nil
    }
  }

  fileprivate var unit: Wording {
    switch self {
    case .string: Wording(" characters long", " 个字符")
    case .list: Wording(" entries", " 项")
    default: Wording("", "")
    }
  }
}

extension DecimalValue {
  fileprivate func isLess(than other: DecimalValue) -> Bool { order(other) < 0 }
}

extension DynamicMessage {
  /// The first parts of the paths of a google.protobuf.FieldMask; nil where it is not there.
  fileprivate func fieldMask(_ field: MessageSchema.Field) -> Set<String>? {
    guard case .message(let mask)? = self[field].first, let paths = mask.type.byName["paths"] else { return nil }
    let names = mask[paths].compactMap { value in
      if case .text(let path) = value { path.split(separator: ".").first.map(String.init) } else { nil }
    }
    return names.isEmpty ? nil : Set(names)
  }
}
