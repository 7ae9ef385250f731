import { type PluginCheck, requireChained } from "../context.ts";
import { flag, section, text } from "../kinds.ts";

/** k8snetworkplumbingwg/rdma-cni, pkg/types/types.go and cmd/rdma/main.go: it moves the RDMA device of what an earlier plugin made. */
export const rdma: PluginCheck = (context) => {
  const { fields } = context;
  fields.take("deviceID", text);
  fields.take("args", section)?.take("cni", section)?.take("debug", flag);
  requireChained(context);
};
