import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func listFlows(_: Remit_Workflow_V1_ListFlowsRequest, _ call: Call) async throws -> Remit_Workflow_V1_ListFlowsReply {
    let flows: [Flow] = try await call.documents("flow")
    return .with {
      $0.flows = flows.map { flow in
        .with {
          $0.name = flow.name
          $0.title = flow.title(call.tenant.locale)
          $0.method = flow.method
          $0.event = flow.startsOn.event
          $0.canStart = flow.canStart
          $0.given = flow.given
        }
      }
    }
  }
}
