import { ProblemBody } from "../../http/problem.ts";
import { AgentPage } from "../agents/index.ts";
import type { McpContext } from "./context.ts";
import { findResource, resourcesOf } from "./resources.ts";

type Resource = ReturnType<typeof resourcesOf>[number];

/** The scores, pacts and receipts of the agents that the caller may see, a page of agents at a time; none for nobody. */
export async function listResources(
  context: McpContext,
  cursor: string | undefined,
): Promise<{ resources: Resource[]; nextCursor?: string }> {
  const { relay, sdk, operation } = context;
  if (!relay.request.headers.has("Authorization")) return { resources: [] };
  const query = cursor === undefined ? {} : { cursor };
  const response = await relay.call(operation("agents.list"), { params: {}, query, body: undefined });
  if (response.status === 403) return { resources: [] };
  if (response.status === 400) throw new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, "Not a cursor of this list");
  if (!response.ok) throw await failed(context, response);
  const { items, nextCursor } = AgentPage.parse(await response.json());
  return { resources: items.flatMap(resourcesOf), ...(nextCursor === null ? {} : { nextCursor }) };
}

/** Reads what its operation answers the caller. What does not exist, and what the caller may not see, are one. */
export async function readResource(context: McpContext, uri: string) {
  const { relay, sdk, operation } = context;
  const found = findResource(uri);
  if (found === undefined) throw new sdk.ResourceNotFoundError(uri);
  const response = await relay.call(operation(found.operation), found.asked);
  if (response.status === 404) throw new sdk.ResourceNotFoundError(uri);
  if (!response.ok) throw await failed(context, response);
  return { contents: [{ uri, mimeType: "application/json", text: await response.text() }] };
}

/** The problem that the operation answered, as the protocol's error: ours, or the request's. */
async function failed({ sdk }: McpContext, response: Response): Promise<Error> {
  const problem = ProblemBody.parse(await response.json());
  const code = response.status >= 500 ? sdk.ProtocolErrorCode.InternalError : sdk.ProtocolErrorCode.InvalidRequest;
  return new sdk.ProtocolError(code, problem.title, problem);
}
