import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON

/// Makes a program of a form, and finds all that is wrong with it.
struct FormBuilder {
  let form: Remit_Document_V1_Form
  let request: MessageSchema.MessageType
  let schema: MessageSchema
  let rules: [RuleProgram]
  let views: LookupViews
  let recordKind: String?
  private(set) var lookups: [LookupProgram] = []
  private(set) var problems: [ContentProblem] = []
  private(set) var at: MessageSchema.Field?
  private(set) var custom: MessageSchema.Field?
  private var cost = 0

  init(
    form: Remit_Document_V1_Form, request: MessageSchema.MessageType, schema: MessageSchema, rules: [RuleProgram], views: LookupViews,
    recordKind: String?
  ) {
    self.recordKind = recordKind
    self.form = form
    self.request = request
    self.schema = schema
    self.rules = rules
    self.views = views
  }

  private mutating func add(_ path: String, _ wording: Wording) { problems.append(ContentProblem(path: path, wording: wording)) }

  mutating func program() -> FormProgram? {
    guard let it = subject() else { return nil }
    custom = it.fields.first { field in
      if case .message("google.protobuf.Struct") = field.kind { field.name == "custom" && !field.isRepeated } else { false }
    }
    var paths: [FieldPath?] = []
    for (index, field) in form.fields.enumerated() { paths.append(path(of: field, at: index, in: it)) }
    let own = paths.compactMap { path in if case .own(_, let field)? = path?.target { field } else { nil } }
    let records = MessageRecords(from: request.name, in: schema, own: own)
    let serial = lookUp(it, records)
    var names: Set<String> = []
    var fields: [FormProgram.FieldProgram] = []
    for (index, (source, path)) in zip(form.fields, paths).enumerated() {
      guard let path else { continue }
      if !names.insert(source.name).inserted {
        add("fields[\(index)].name", Wording("'\(source.name)' stands in the form twice", "'\(source.name)' 重复出现"))
      }
      fields.append(self.field(source, path, at: index, it, records))
    }
    checkOrder(fields)
    let environment = FormProgram.environment(records, rules, lookups, it: it.name, request: request.name, row: nil)
    var checks: [FormProgram.CheckProgram] = []
    for (index, check) in form.checks.enumerated() {
      let when = compile(check.when, "checks[\(index)].when", environment, expecting: .bool)
      let isOwn = custom.map { check.at.hasPrefix("\($0.name).") && names.contains(String(check.at.dropFirst($0.name.count + 1))) } ?? false
      if !check.at.isEmpty, !isOwn, !FieldPath.exists(check.at, in: it, schema) && !names.contains(check.at) {
        add("checks[\(index)].at", Self.unknown(check.at, it))
      }
      guard let that = compile(check.that, "checks[\(index)].that", environment, expecting: .bool) else { continue }
      let asked = that.root.fieldsOfIt(at: at?.name).union(when?.root.fieldsOfIt(at: at?.name) ?? [])
      let own =
        isOwn || names.contains(check.at) && custom.map { it.byName[check.at] == nil && !check.at.hasPrefix("\($0.name).") } ?? false
      let place = own && !isOwn ? "\(custom?.name ?? "").\(check.at)" : check.at
      checks.append(.init(source: check, that: that, when: when, fieldsOfIt: asked.union(place.isEmpty ? [] : [place])))
    }
    if cost > FormProgram.costMax {
      add(
        "",
        Wording(
          "its expressions may take \(cost) steps together, where \(FormProgram.costMax) are allowed",
          "表达式合计可能需要 \(cost) 步，上限为 \(FormProgram.costMax)"))
    }
    return FormProgram(self, records, fields, checks, serial: serial)
  }

  /// The message that the form is about.
  private mutating func subject() -> MessageSchema.MessageType? {
    if form.at.isEmpty { return request }
    guard let field = request.byName[form.at], field.name == form.at, !field.isRepeated, case .message(let name) = field.kind,
      !name.hasPrefix("google."), let type = try? schema.message(name)
    else {
      let names = request.fields.filter {
        if case .message(let name) = $0.kind { !$0.isRepeated && !name.hasPrefix("google.") } else { false }
      }
      .map(\.name).joined(separator: ", ")
      add("at", Wording("'\(form.at)' is no message of the request; there are: \(names)", "请求中没有 '\(form.at)'；可用：\(names)"))
      return nil
    }
    at = field
    return type
  }

  /// What is looked up, and what requests are judged one after the other by: both know the request only.
  private mutating func lookUp(_ it: MessageSchema.MessageType, _ records: MessageRecords) -> Expression? {
    let environment = FormProgram.environment(records, rules, [], it: it.name, request: request.name, row: nil)
    var found: [LookupProgram] = []
    for (index, lookup) in form.with.enumerated() {
      let (program, problems, cost) = LookupProgram.compile(lookup, at: "with[\(index)]", in: environment, views: views, schema: schema)
      self.problems += problems
      self.cost += cost
      if let program { found.append(program) }
      if form.with[..<index].contains(where: { $0.name == lookup.name }) {
        add("with[\(index)].name", Wording("'\(lookup.name)' stands in the form twice", "'\(lookup.name)' 重复出现"))
      }
    }
    lookups = found
    return compile(form.serial, "serial", environment, expecting: .string)
  }

  private static func unknown(_ name: String, _ type: MessageSchema.MessageType) -> Wording {
    let names = type.fields.map(\.name)
    if let near = Suggestion.name(nearestTo: name, among: names) {
      return Wording("there is no field '\(name)'; did you mean '\(near)'?", "没有字段 '\(name)'；是否指 '\(near)'？")
    }
    let all = names.joined(separator: ", ").cut(toBytes: 600)
    return Wording(
      "there is no field '\(name)'; there are \(all), and a field of your own needs a type", "没有字段 '\(name)'；可用：\(all)；自定义字段需注明 type")
  }

  private mutating func path(of source: Remit_Document_V1_FormField, at index: Int, in it: MessageSchema.MessageType) -> FieldPath? {
    let place = "fields[\(index)].name"
    if source.type != .unspecified {
      guard let custom else {
        add("fields[\(index)].type", Wording("\(it.name) takes no fields of your own", "\(it.name) 不支持自定义字段"))
        return nil
      }
      guard source.name.wholeMatch(of: /[a-z][a-z0-9_]{0,39}/) != nil, it.byName[source.name] == nil else {
        add(
          place,
          Wording(
            "a field of your own is called by a-z, 0-9 and _, at most 40, and not as one of Remit's",
            "自定义字段名由 a-z、0-9 和 _ 组成，最多 40 个字符，且不得与系统字段同名"))
        return nil
      }
      let type = source.type.valueType
      return FieldPath(
        name: source.name, way: [], list: nil, target: .own(custom: custom, .init(source.name, .nullable(type))), type: type)
    }
    var (type, way, list) = (it, [MessageSchema.Field](), MessageSchema.Field?.none)
    let parts = source.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    for (depth, part) in parts.enumerated() {
      guard let field = type.byName[part], field.name == part, schema.mapEntry(field) == nil else {
        add(place, Self.unknown(part, type))
        return nil
      }
      let valueType = MessageRecords.elementType(of: field)
      if depth == parts.count - 1 {
        return FieldPath(
          name: source.name, way: way, list: list, target: .field(field), type: field.isRepeated ? .list(valueType) : valueType)
      }
      guard case .message(let name) = field.kind, case .record = valueType, let inner = try? schema.message(name),
        !(field.isRepeated && list != nil)
      else {
        add(place, Wording("there is nothing below '\(part)' that a form can be about", "'\(part)' 之下没有可用字段"))
        return nil
      }
      if field.isRepeated { list = field }
      way.append(field)
      type = inner
    }
    return nil
  }

  private mutating func field(
    _ source: Remit_Document_V1_FormField, _ path: FieldPath, at index: Int, _ it: MessageSchema.MessageType, _ records: MessageRecords
  ) -> FormProgram.FieldProgram {
    let place = "fields[\(index)]"
    var row: String?
    if let list = path.list, case .message(let name) = list.kind { row = name }
    let environment = FormProgram.environment(records, rules, lookups, it: it.name, request: request.name, row: row)
    var program = FormProgram.FieldProgram(source: source, path: path)
    // It is asked in each element.
    let costBefore = cost
    defer { if path.list != nil { cost += (cost - costBefore) * (environment.limits.assumedSize - 1) } }
    program.required = compile(source.required, "\(place).required", environment, expecting: .bool)
    program.show = compile(source.show, "\(place).show", environment, expecting: .bool)
    program.defaultValue = value(source.default, "\(place).default", environment, path)
    program.compute = value(source.compute, "\(place).compute", environment, path)
    if !source.required.isEmpty, [.bool, .int, .double].contains(path.type), case .field = path.target {
      add("\(place).required", Wording("a number, or true and false, is always there; say it by a check", "数字或是非值始终存在，请改用 checks"))
    }
    if case .field(let field) = path.target, case .enum = field.kind {
      for (name, isThere) in [
        ("pattern", !source.pattern.isEmpty), ("one_of", !source.oneOf.isEmpty), ("default", !source.default.isEmpty),
        ("compute", !source.compute.isEmpty), ("min", !source.min.isEmpty), ("max", !source.max.isEmpty),
      ] where isThere {
        add("\(place).\(name)", Wording("'\(path.name)' has words of its own: say it by a check", "'\(path.name)' 是固定取值，请改用 checks"))
      }
    }
    if let min = Int64(source.min), let max = Int64(source.max), max < min {
      add("\(place).max", Wording("is less than min", "小于 min"))
    }
    if !source.reference.isEmpty {
      if path.type != .string { add("\(place).reference", Wording("only a text can be the id of a record", "只有文本可以引用记录")) }
      if !source.default.isEmpty || !source.compute.isEmpty {
        add("\(place).reference", Wording("what is filled in here is not looked up; let people give it", "自动填写的内容不能作为引用"))
      }
    }
    let isText = path.isText
    if !source.clean.isEmpty, !isText, path.type != .money {
      add("\(place).clean", Wording("only a text can be cleaned", "只有文本可以清洗"))
    }
    for (name, isThere) in [
      ("pattern", !source.pattern.isEmpty), ("one_of", !source.oneOf.isEmpty), ("format", source.format != .unspecified),
    ]
    where isThere && path.type != .string {
      add("\(place).\(name)", Wording("only a text has this", "仅适用于文本"))
    }
    program.min = bound(source.min, "\(place).min", path)
    program.max = bound(source.max, "\(place).max", path)
    if !source.pattern.isEmpty {
      let text = "text.matches(\(JSONValue.string("^(?:\(source.pattern))$").text))"
      do throws(ExpressionErrors) {
        program.pattern = try Expression(text, in: FormProgram.textEnvironment, expecting: .bool)
      } catch {
        let message = error.items.first?.message ?? "it is no regular expression"
        add("\(place).pattern", Wording(message, message))
      }
    }
    return program
  }

  private mutating func bound(_ text: String, _ place: String, _ path: FieldPath) -> Value? {
    guard !text.isEmpty else { return nil }
    let value: Value? =
      switch path.type {
      case .string, .int, .list: Int64(text).map { .int($0) }
      case .decimal, .money, .double: DecimalValue(text).map { .decimal($0) }
      case .date: DateValue(text).map { .date($0) }
      default: nil
      }
    if value == nil {
      add(
        place,
        Wording("'\(text.cut(toBytes: 60))' is no bound of a \(path.type.name)", "'\(text.cut(toBytes: 60))' 不是 \(path.type.name) 的界限"))
    }
    return value
  }

  private mutating func value(_ text: String, _ place: String, _ environment: Environment, _ path: FieldPath) -> Expression? {
    guard let expression = compile(text, place, environment, expecting: nil) else { return nil }
    let given = expression.type.unwrapped
    if given != .dyn, given != .null, given != path.type, !(given == .int && path.type == .decimal) {
      add(
        place,
        Wording(
          "'\(path.name)' is a \(path.type.name), and this gives a \(given.name)",
          "'\(path.name)' 的类型是 \(path.type.name)，此处得到 \(given.name)"))
    }
    switch path.type {
    case .string, .bool, .int, .double, .decimal, .money, .date: break
    default: add(place, Wording("only a single value can be computed", "只能计算单个值"))
    }
    return expression
  }

  private mutating func compile(_ text: String, _ place: String, _ environment: Environment, expecting type: ValueType?) -> Expression? {
    guard !text.isEmpty else { return nil }
    do throws(ExpressionErrors) {
      let expression = try Expression(text, in: environment, expecting: type)
      cost += expression.cost
      return expression
    } catch {
      problems += error.items.map { ContentProblem($0, at: place) }
      return nil
    }
  }

  /// What is computed may only ask for what was computed before, so that there is one order and no circle, and doing it twice changes nothing.
  private mutating func checkOrder(_ fields: [FormProgram.FieldProgram]) {
    for (index, field) in fields.enumerated() {
      guard let compute = field.compute, let place = form.fields.firstIndex(of: field.source) else { continue }
      let asked = compute.root.fieldsOfIt(at: at?.name)
      for later in fields[index...] where later.compute != nil || later.defaultValue != nil || !later.source.clean.isEmpty {
        var name = later.path.name.split(separator: ".").first.map(String.init) ?? ""
        if case .own(let custom, let own) = later.path.target { name = "\(custom.name).\(own.name)" }
        guard asked.contains(name),
          later.path.list?.name != field.path.list?.name || later.path.name == field.path.name || field.path.list == nil
        else { continue }
        add(
          "fields[\(place)].compute",
          later.path.name == field.path.name
            ? Wording("'\(name)' cannot be computed from itself", "'\(name)' 不能由自身计算")
            : Wording("'\(later.path.name)' is filled after this; put it before", "'\(later.path.name)' 在此之后才填写，请移到前面"))
      }
    }
  }
}

extension FieldPath {
  /// Whether a path names a field.
  static func exists(_ name: String, in type: MessageSchema.MessageType, _ schema: MessageSchema) -> Bool {
    var type = type
    for part in name.split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
      guard let field = type.byName[part], field.name == part else { return false }
      if case .message(let inner) = field.kind, let found = try? schema.message(inner) { type = found }
    }
    return true
  }

  /// Whether what is sent there is a text, also of a day or a number.
  var isText: Bool {
    switch target {
    case .own: [.string, .decimal, .date].contains(type)
    case .field(let field): if case .string = field.kind { !field.isRepeated } else { false }
    }
  }
}
