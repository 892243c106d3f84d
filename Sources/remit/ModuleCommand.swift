import ArgumentParser
import Glibc
import RemitAPI
import RemitJSON
import SwiftProtobuf
import Synchronization

/// remit MODULE NOUN VERB: any method of any module but those that take or give files, as its descriptors say that it is called. A method's noun is that of its permission, its verb the
/// first word of its name; options are the fields of its request.
enum ModuleCommand {
  /// Whether the words name no command of remit itself.
  static func isMeant(by arguments: [String]) -> Bool {
    guard let first = arguments.first, first.wholeMatch(of: /[a-z][a-z0-9-]*/) != nil else { return false }
    let own = Remit.configuration.subcommands.map { $0.configuration.commandName ?? $0._commandName }
    return !(own + ["help"]).contains(first)
  }

  /// Nouns of the host's own, which are named without a module: remit event list.
  private static let nounsOfPlatform: Set = ["event", "delivery", "webhook"]

  static func run(_ arguments: [String]) async throws {
    var words = ModuleWords(nounsOfPlatform.contains(arguments[0]) ? ["platform"] + arguments : arguments)
    let (connection, output) = (try Connection.parse(words.take(Connection.self)), try Output.parse(words.take(Output.self)))
    let idempotencyKey = words.takeValue(of: "--idempotency-key")
    let given = words
    try await connection.run { client in
      let (methods, schema) = try await client.methods(ofModule: given.module)
      guard let noun = given.noun, let verb = given.verb else {
        let shown = methods.filter { given.noun == nil || $0.noun == given.noun }
        guard !shown.isEmpty else { try fail("\(given.module) has no \(given.noun ?? ""); see remit \(given.module)", EX_USAGE) }
        return print(ModuleMethod.list(shown), terminator: "")
      }
      guard let method = methods.first(where: { $0.noun == noun && $0.verb == verb }) else {
        try fail("\(given.module) has no \(noun) \(verb); see remit \(given.module)", EX_USAGE)
      }
      let fields = RequestFields(method.request, schema)
      if given.wantsHelp { return print(method.help(fields, schema.comments)) }
      try await method.call(with: try fields.json(given), idempotencyKey, schema, client, output)
    }
  }
}

extension Client {
  /// The methods of all services of a module, and their messages.
  fileprivate func methods(ofModule module: String) async throws -> ([ModuleMethod], ModuleSchema) {
    let name = module.replacing("-", with: "_")
    let services = try await services().filter { $0.hasPrefix("remit.\(name).") }
    guard !services.isEmpty else {
      try fail("\(module) is neither a command nor a module that this remitd has; see remit --help", EX_USAGE)
    }
    var files: [String: Google_Protobuf_FileDescriptorProto] = [:]
    for service in services {
      for file in try await self.files(declaring: service) { files[file.name] = file }
    }
    let all = Array(files.values)
    let methods = services.flatMap { service in
      all.flatMap { file in file.service.filter { "\(file.package).\($0.name)" == service } }.flatMap { declared in
        declared.method.compactMap { ModuleMethod($0, of: service, module: module) }
      }
    }
    let schema = ModuleSchema(all)
    // Files are not for a command line's words and tables.
    let shown = methods.filter { !schema.holdsBytes($0.request) && !schema.holdsBytes($0.reply) }
    return (ModuleMethod.withDifferentVerbs(shown), schema)
  }
}

/// A method as the command line names it.
struct ModuleMethod {
  let module: String
  let service: String
  let name: String
  /// "tax-policy"
  let noun: String
  /// "set"
  var verb: String
  let request: String
  let reply: String
  let isWrite: Bool

  /// nil where it takes a stream, which is not for a command line.
  init?(_ method: Google_Protobuf_MethodDescriptorProto, of service: String, module: String) {
    let rule = method.options.Remit_Api_V1_rule
    let parts = rule.permission.split(separator: ".").map { $0.replacing("_", with: "-") }
    guard parts.count >= 2, !method.clientStreaming else { return nil }
    self.module = module
    self.service = service
    name = method.name
    noun = String(parts[1])
    verb = String(Self.words(of: method.name).prefix { $0 != "-" })
    request = String(method.inputType.dropFirst())
    reply = String(method.outputType.dropFirst())
    isWrite = rule.effect == .write
  }

  /// Where two of a noun begin with one word, they are called by all of their words.
  static func withDifferentVerbs(_ methods: [ModuleMethod]) -> [ModuleMethod] {
    let names = Dictionary(grouping: methods) { "\($0.noun) \($0.verb)" }
    return methods.map { method in
      var method = method
      if names["\(method.noun) \(method.verb)"]?.count ?? 0 > 1 { method.verb = words(of: method.name) }
      return method
    }.sorted { ($0.noun, $0.verb) < ($1.noun, $1.verb) }
  }

  /// "SetTaxPolicy" as "set-tax-policy".
  private static func words(of name: String) -> String {
    name.reduce(into: "") { text, character in
      text += (character.isUppercase && !text.isEmpty ? "-" : "") + character.lowercased()
    }
  }

  static func list(_ methods: [ModuleMethod]) -> String {
    var table = Table([("command", .left), ("method", .left)])
    table.rows = methods.map { ["remit \($0.module) \($0.noun) \($0.verb)", "\($0.name)\($0.isWrite ? ", a write" : "")"] }
    return table.aligned
  }

  func help(_ fields: RequestFields, _ comments: DescriptorComments) -> String {
    "USAGE: remit \(module) \(noun) \(verb) [<value> ...] [<options>]\n\n"
      + (comments["\(service).\(name)"].map { $0 + "\n\n" } ?? "")
      + "Calls \(service)/\(name). Values without an option fill the options in their order.\n"
      + (fields.fields.isEmpty ? "" : "\nOPTIONS:\n" + fields.help)
      + "\nAlso --address, --key, --timeout and --output, as of any command\(isWrite ? ", and --idempotency-key, which does it once" : "").\n"
  }

  /// Calls it, a list page by page, and shows what comes.
  func call(with request: JSONValue, _ idempotencyKey: String?, _ schema: ModuleSchema, _ client: Client, _ output: Output) async throws {
    do {
      var request = request
      let shown = ModuleReply(output)
      while true {
        let page = Mutex<JSONValue?>(nil)
        let bytes = try schema.messages.wire(fromJSON: Array(request.text.utf8), as: self.request)
        try await client.call(service, name, bytes, idempotencyKey: idempotencyKey) { bytes in
          let value = try JSONValue(Array(try schema.messages.json(fromWire: bytes, as: reply).utf8))
          page.withLock { $0 = value }
          shown.add(value)
        }
        guard let token = page.withLock({ $0?["nextPageToken"]?.string }), !token.isEmpty,
          schema.field("page_token", of: self.request) != nil
        else { break }
        request["pageToken"] = .string(token)
      }
      shown.end(schema.fields(of: reply), schema)
    } catch let error as JSONError {
      try fail("\(error)", EX_USAGE)
    }
  }
}
