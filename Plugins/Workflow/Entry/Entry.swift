public import CRemitPlugin
import RemitSDK
import Workflow

@c(remit_plugin_main_v1)
public func pluginMain(_ host: UnsafePointer<remit_host_v1>?) -> UnsafePointer<remit_plugin_v1>? {
  Runtime.start(Workflow.self, host: host)
}
