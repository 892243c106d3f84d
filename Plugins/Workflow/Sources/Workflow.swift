public import RemitSDK
import WorkflowMessages

/// Approvals as a module: what is held by a company's approvals is submitted, decided by people as a flow says, and done as who submitted it.
public struct Workflow: Module {
  public static let name = "workflow"
  public static let version = "0.1.0"
  public static var descriptors: [UInt8] { Descriptors.bytes }
  public static var migrations: [Migration] { MigrationSQL.files.map { Migration($0) } }
  /// Whatever was submitted, on behalf of who did.
  public static var calls: [String] { ["*"] }
  /// Cases in which one takes no part.
  public static var permissions: [String] { ["workflow.case.all"] }
  public static var reads: [String] { ["host.person_v1"] }
  public static var subscriptions: [Subscription] {
    [Subscription(Subscription.namedByDocuments, method: "/remit.workflow.v1.FlowHookService/HearEvent")]
  }
  public static var documents: [String] { ["calendar"] }
  public static var documentKinds: [DocumentKind] {
    [DocumentKind("flow", Remit_Workflow_V1_Flow.self, check: "/remit.workflow.v1.FlowHookService/CheckFlows", carriesOut: true)]
  }
  public static var wake: String { "/remit.workflow.v1.FlowHookService/WakeCase" }

  public init() {}

  public var services: [Service] {
    [
      Service(
        "remit.workflow.v1.CaseService",
        [
          .write("Submit", submit),
          .write("Start", start),
          .write("Resubmit", resubmit),
          .write("Withdraw", withdraw),
          .write("Adopt", adopt),
          .write("Retry", retry),
          .write("Stop", stop),
          .write("Comment", comment),
          .write("Remind", remind),
          .read("GetCase", getCase),
          .read("ListCases", listCases),
        ]),
      Service(
        "remit.workflow.v1.TaskService",
        [
          .read("ListTasks", listTasks),
          .write("Decide", decide),
          .write("Transfer", transfer),
          .write("AddSigner", addSigner),
        ]),
      Service(
        "remit.workflow.v1.FlowService",
        [
          .read("ListFlows", listFlows),
          .read("MeasureSteps", measureSteps),
          .read("Simulate", simulate),
          .read("SimulateCases", simulateCases),
          .read("PlanMove", planMove),
          .write("Move", move),
        ]),
      Service(
        "remit.workflow.v1.FlowHookService",
        [
          .read("CheckFlows", checkFlows),
          .write("HearEvent", hearEvent),
          .write("WakeCase", wakeCase),
        ]),
    ]
  }
}

typealias Flow = Remit_Workflow_V1_Flow
typealias Step = Remit_Workflow_V1_Step
