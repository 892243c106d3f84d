public import CRemitPlugin
import NotesSwift
import RemitSDK

@c(remit_plugin_main_v1)
public func pluginMain(_ host: UnsafePointer<remit_host_v1>?) -> UnsafePointer<remit_plugin_v1>? {
  Runtime.start(Notes.self, host: host)
}
