import { z } from "@hono/zod-openapi";
import type { ServerContext } from "@modelcontextprotocol/server";
import { canonicalJson } from "../../crypto/canonical-json.ts";
import { toolNamePattern } from "../../grants/tool-name.ts";
import { ApprovalWithPreview } from "../approvals/index.ts";
import { Invoked } from "../invocations/index.ts";
import type { McpContext } from "./context.ts";
import { toInvokedResult } from "./invoked-result.ts";
import { stateCodec } from "./request-state.ts";
import { idempotencyKeyOf, type Arguments } from "./tool-call.ts";
import { metaOf, structured, toToolResult, type ToolResult } from "./tool-result.ts";
import { waitSeconds } from "./tools.ts";

type GrantedCall = {
  readonly name: string;
  readonly arguments: Arguments;
  readonly _meta?: Record<string, unknown> | undefined;
};

const answerName = "approval";

const Answered = z.object({ action: z.enum(["accept", "decline", "cancel"]) });

/** What a client says of itself that shows people links on a server's behalf. */
const ShowsLinks = z.object({
  "io.modelcontextprotocol/clientCapabilities": z.object({ elicitation: z.object({ url: z.looseObject({}) }) }),
});

type Used = { readonly invoked?: z.output<typeof Invoked>; readonly result: ToolResult };

/**
 * Uses a grant by its tool's name. Where a person has to decide first the answer is `pending`; a client that shows links to people is asked to show
 * the approval's, once, and its next round waits for the decision and then makes the call.
 */
export async function callGranted(context: McpContext, call: GrantedCall, round: ServerContext) {
  const { sdk } = context;
  const { requestState, inputResponses, envelope } = round.mcpReq;
  const carried = requestState();
  if (typeof carried === "string") return resume(context, call, { carried, answer: inputResponses?.[answerName], round });
  const { invoked, result } = await use(context, call, idempotencyKeyOf(call._meta));
  const showsLinks = ShowsLinks.safeParse(envelope).success;
  const approval = invoked?.approval ?? null;
  if (approval === null || !showsLinks) return result;
  const { id, url } = approval;
  const codec = await stateCodec(context, call);
  return sdk.inputRequired({
    inputRequests: { [answerName]: sdk.inputRequired.elicitUrl({ message: `A person has to approve the use of ${call.name}.`, url }) },
    requestState: await codec.mint({ approvalId: id }, round),
  });
}

async function use(context: McpContext, { name, arguments: args }: GrantedCall, idempotencyKey: string | undefined): Promise<Used> {
  const { relay, operation } = context;
  if (!toolNamePattern.test(name)) throw unknownTool(context);
  const response = await relay.call(operation("tools.invoke"), {
    params: { toolName: name },
    query: {},
    body: canonicalJson({ arguments: args }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  // Whoever may not use grants has no tools of its own, and so none of that name.
  if (response.status === 404 || response.status === 403) throw unknownTool(context);
  if (!response.ok) return { result: await toToolResult(response) };
  const invoked = Invoked.parse(await response.json());
  return { invoked, result: toInvokedResult(invoked, metaOf(response.headers)) };
}

const unknownTool = ({ sdk }: McpContext): Error => new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, "Unknown tool");

type Resumed = { readonly carried: string; readonly answer: unknown; readonly round: ServerContext };

/** Waits for the decision, where the link was shown, and makes the call once it is approved. */
async function resume(context: McpContext, call: GrantedCall, { carried, answer, round }: Resumed): Promise<ToolResult> {
  const { relay, operation } = context;
  const { approvalId } = await openState(context, call, carried, round);
  const wasShown = Answered.safeParse(answer).data?.action === "accept";
  const asked = { params: { approvalId }, query: { wait: String(wasShown ? waitSeconds : 0) }, body: undefined };
  const response = await relay.call(operation("approvals.get"), asked);
  if (!response.ok) return toToolResult(response);
  const { id, url, status, expiresAt } = ApprovalWithPreview.parse(await response.json());
  // The first round's key has an answer already: that it is pending. What is approved is used once, whatever the key.
  if (status === "approved") return (await use(context, call, `mcp.${id}`)).result;
  const isOpen = status === "pending" || status === "proposed";
  const value = { status: isOpen ? "pending" : status, approvalId: id, approvalUrl: url, approvalExpiresAt: expiresAt };
  return {
    ...structured(value),
    ...(isOpen ? {} : { isError: true }),
    _meta: metaOf(response.headers),
  };
}

async function openState(context: McpContext, call: GrantedCall, carried: string, round: ServerContext) {
  const { sdk } = context;
  const codec = await stateCodec(context, call);
  try {
    return await codec.verify(carried, round);
  } catch {
    throw new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, "Invalid or expired requestState", {
      reason: "invalid_request_state",
    });
  }
}
