import { openApi } from "../api-client.ts";
import { Invoked, type Ask } from "./refund-calls.ts";

/** An agent with its own key: who it is stands in that, and in no parameter. */
export function invokeWith(url: string, key: string, grantId: string): Ask {
  const agent = openApi(url, key);
  return (refund) => agent.call("POST", `/v1/grants/${grantId}/invoke`, Invoked, { arguments: refund });
}
