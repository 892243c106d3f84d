import RemitAPI
import RemitJSON
import SwiftProtobuf

/// All methods with their requests and replies, as Markdown: what the descriptors that remitd serves say.
struct ReferencePage {
  private let comments: DescriptorComments
  private let messages: [String: Google_Protobuf_DescriptorProto]
  private let enums: [String: Google_Protobuf_EnumDescriptorProto]
  private let services: [(name: String, service: Google_Protobuf_ServiceDescriptorProto)]

  /// - Parameter files: of all that is served.
  init(_ files: [Google_Protobuf_FileDescriptorProto]) {
    comments = DescriptorComments(files)
    var messages: [String: Google_Protobuf_DescriptorProto] = [:]
    var enums: [String: Google_Protobuf_EnumDescriptorProto] = [:]
    func add(_ message: Google_Protobuf_DescriptorProto, _ scope: String) {
      messages[".\(scope).\(message.name)"] = message
      for nested in message.nestedType { add(nested, "\(scope).\(message.name)") }
      for nested in message.enumType { enums[".\(scope).\(message.name).\(nested.name)"] = nested }
    }
    for file in files {
      for message in file.messageType { add(message, file.package) }
      for type in file.enumType { enums[".\(file.package).\(type.name)"] = type }
    }
    self.messages = messages
    self.enums = enums
    services = files.flatMap { file in file.service.map { ("\(file.package).\($0.name)", $0) } }.filter { $0.0.hasPrefix("remit.") }
      .sorted { $0.0 < $1.0 }
  }

  var text: String {
    var text = """
      # All methods

      Written by `remit call --page` from the proto files; by gRPC as they are, by HTTP as `POST /<service>/<method>` with JSON ([first_call.py](first_call.py)).

      """
    var mentioned: [String] = []
    for (name, service) in services {
      text += "\n## \(name)\n" + paragraph(name)
      for method in service.method {
        let rule = method.options.Remit_Api_V1_rule
        text += "\n### \(method.name)\n" + paragraph("\(name).\(method.name)")
        text += "\n`\(rule.permission)`\(rule.effect == .write ? ", a write" : "")\(rule.operatorsOnly ? ", operators only" : ""). "
        text += "Takes \(method.clientStreaming ? "a stream of " : "")\(link(method.inputType)), "
        text += "gives \(method.serverStreaming ? "a stream of " : "")\(link(method.outputType)).\n"
        mentioned += [method.inputType, method.outputType]
      }
    }
    text += "\n## Messages\n"
    // The columns of published views, which forms and sources look up in.
    mentioned += messages.keys.filter { $0.hasSuffix("V1") }.sorted()
    var shown: Set<String> = []
    var queue = mentioned[...]
    var parts: [(name: String, text: String)] = []
    while let name = queue.popFirst() {
      guard shown.insert(name).inserted, let message = messages[name], !name.hasPrefix(".google.") else { continue }
      queue += message.field.filter { $0.type == .message }.flatMap { field in
        messages[field.typeName]?.options.mapEntry == true ? (messages[field.typeName]?.field.map(\.typeName) ?? []) : [field.typeName]
      }
      parts.append((String(name.dropFirst()), table(name, message)))
    }
    return text + parts.sorted { $0.name < $1.name }.map(\.text).joined()
  }

  private func paragraph(_ name: String) -> String { comments[name].map { "\n\($0.markdown)\n" } ?? "" }

  private func table(_ name: String, _ message: Google_Protobuf_DescriptorProto) -> String {
    let name = String(name.dropFirst())
    var text = "\n### \(name)\n" + paragraph(name)
    guard !message.field.isEmpty else { return text }
    text += "\n| field | is | |\n|---|---|---|\n"
    for field in message.field {
      text += "| `\(field.name)` | \(type(field)) | \((comments["\(name).\(field.name)"] ?? "").markdown) |\n"
    }
    return text
  }

  private func type(_ field: Google_Protobuf_FieldDescriptorProto) -> String {
    if let entry = messages[field.typeName], entry.options.mapEntry, entry.field.count == 2 {
      return "map of \(one(entry.field[0])) to \(one(entry.field[1]))"
    }
    return field.label == .repeated ? "list of \(one(field))" : one(field)
  }

  private func one(_ field: Google_Protobuf_FieldDescriptorProto) -> String {
    switch field.type {
    case .message: link(field.typeName)
    case .enum: (enums[field.typeName]?.value ?? []).map { "`\($0.name)`" }.joined(separator: ", ")
    default: "\(field.type)"
    }
  }

  private func link(_ type: String) -> String {
    let name = String(type.dropFirst())
    guard messages[type] != nil, !name.hasPrefix("google.") else { return name }
    return "[\(name.split(separator: ".").last ?? "")](#\(name.lowercased().replacing(".", with: "")))"
  }
}

extension String {
  /// In a cell of a table, as it is: neither HTML nor Markdown.
  var markdown: String {
    replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("|", with: "\\|").replacing("*", with: "\\*").replacing(
      "[", with: "\\[")
  }
}
