import FoundationEssentials
public import RemitAPI
public import SwiftProtobuf

/// What a plugin is. Conform a struct to it, list its methods, and hand it to `Runtime.start` in the plugin's entry.
public protocol Module: Sendable {
  /// Its schema, its roles, the prefix of its permissions: "ledger".
  static var name: String { get }
  static var version: String { get }
  /// An encoded FileDescriptorSet of its protos, imports included.
  static var descriptors: [UInt8] { get }
  static var migrations: [Migration] { get }
  /// DML, one statement each, for the rows that every company has from its first day; it changes nothing where it was run before.
  static var provisioning: [String] { get }

  /// The services of other modules that it calls: "remit.ledger.v1.LedgerService".
  static var calls: [String] { get }

  /// Permissions that its methods ask for (`Call.may`) beyond those of their rules.
  static var permissions: [String] { get }

  /// What must hold of a company's rows: SELECTs of one text, a row for each fault; asked of what is read from an archive.
  static var checks: [String] { get }

  /// What an administrator should mend, and a company may live with until then: SELECTs of one text.
  static var findings: [String] { get }

  /// What the host calls for each company at certain times.
  static var jobs: [Job] { get }

  /// Views that it publishes for other modules.
  static var views: [View] { get }

  /// Published views of other modules that it reads: "ledger.customer_v1".
  static var reads: [String] { get }

  /// Kinds of documents by which companies configure it.
  static var documentKinds: [DocumentKind] { get }

  /// Kinds of documents of others that it reads.
  static var documents: [String] { get }

  /// Events of any module that it is told of; `Subscription.namedByDocuments` stands for those that a company's documents of its kinds name
  /// (`reference: "event"`).
  static var subscriptions: [Subscription] { get }

  /// Whether it is told, for companies that were there before it was, of all events that are kept; else of those that come.
  static var eventsFromBeginning: Bool { get }

  /// The method that is called at the times that its writes ask for (`Write.wakes`): a write that takes a `Wake`. Empty: none.
  static var wake: String { get }

  init()
  var services: [Service] { get }
}

/// A service that a module serves.
public struct Service: Sendable {
  let name: String
  let methods: [Method]

  /// - Parameters:
  ///   - name: full: "remit.ledger.v1.LedgerService".
  ///   - methods: one for each method of the service.
  public init(_ name: String, _ methods: [Method]) {
    self.name = name
    self.methods = methods
  }
}

public typealias Job = Remit_Plugin_V1_Job
public typealias Subscription = Remit_Plugin_V1_Subscription
public typealias View = Remit_Plugin_V1_View
public typealias Migration = Remit_Plugin_V1_Migration
public typealias Statement = Remit_Plugin_V1_Statement
public typealias Rows = Remit_Plugin_V1_Rows

extension Subscription {
  /// Instead of an event: whatever a company's documents of the module's kinds name, or named once.
  public static let namedByDocuments = "*"
}

extension Migration {
  /// - Parameter file: "0001_customer" and the SQL of it.
  public init(_ file: (name: String, sql: String)) {
    self.init()
    number = UInt32(file.name.prefix(while: \.isNumber)) ?? 0
    name = file.name
    sql = file.sql
  }
}

extension Job {
  /// - Parameters:
  ///   - schedule: the five fields of crontab(5), in the company's time zone.
  ///   - method: a write of the module that takes an empty request: "/remit.ledger.v1.BooksService/FoldAgeing".
  public init(_ name: String, schedule: String, method: String) {
    self.init()
    self.name = name
    self.schedule = schedule
    self.method = method
  }
}

extension Subscription {
  /// - Parameters:
  ///   - event: the full name of its message: "remit.ledger.v1.DocumentPosted".
  ///   - method: a write of the module that takes a `Delivery`: "/remit.risk.v1.RiskService/TakeEvent".
  public init(_ event: String, method: String) {
    self.init()
    self.event = event
    self.method = method
  }
}

extension View {
  /// - Parameters:
  ///   - name: with its schema and version: "ledger.customer_v1".
  ///   - message: whose fields are its columns.
  ///   - permission: of who may see its rows.
  public init(_ name: String, _ message: (some Message).Type, permission: String) {
    self.init()
    self.name = name
    self.message = message.protoMessageName
    self.permission = permission
  }
}

public typealias DocumentKind = Remit_Plugin_V1_DocumentKind

extension DocumentKind {
  /// - Parameters:
  ///   - kind: "dunning".
  ///   - message: what a document says; its field `name` is the document's.
  ///   - check: a read of the module that takes `CheckDocuments`; empty: the fields' own rules are enough.
  ///   - carriesOut: companies' approvals may name one, and the module then lets through what they hold.
  public init(_ kind: String, _ message: (some Message).Type, check: String = "", carriesOut: Bool = false) {
    self.init()
    self.carriesOut = carriesOut
    self.kind = kind
    self.message = message.protoMessageName
    self.check = check
  }
}

extension Module {
  public static var documentKinds: [DocumentKind] { [] }
  public static var documents: [String] { [] }
  public static var provisioning: [String] { [] }
  public static var jobs: [Job] { [] }
  public static var calls: [String] { [] }
  public static var permissions: [String] { [] }
  public static var checks: [String] { [] }
  public static var findings: [String] { [] }
  public static var views: [View] { [] }
  public static var reads: [String] { [] }
  public static var subscriptions: [Subscription] { [] }
  public static var eventsFromBeginning: Bool { false }
  public static var wake: String { "" }

  var manifest: Remit_Plugin_V1_Manifest {
    .with {
      $0.name = Self.name
      $0.version = Self.version
      $0.descriptors = .init(Self.descriptors)
      $0.services = services.map(\.name)
      $0.migrations = Self.migrations
      $0.provisioning = Self.provisioning
      $0.jobs = Self.jobs
      $0.calls = Self.calls
      $0.permissions = Self.permissions
      $0.checks = Self.checks
      $0.findings = Self.findings
      $0.views = Self.views
      $0.documentKinds = Self.documentKinds
      $0.documents = Self.documents
      $0.reads = Self.reads
      $0.subscriptions = Self.subscriptions
      $0.eventsFromBeginning = Self.eventsFromBeginning
      $0.wake = Self.wake
    }
  }
}
