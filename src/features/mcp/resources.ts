import type { Operation, RelayedCall } from "../../http/operation.ts";
import { idPattern, type IdKind } from "../../platform/ids.ts";

/** What can be read of an organization's agents without a tool: each resource is one operation, read as that operation. */
const kinds = [
  {
    uriTemplate: "armalo://agents/{agentId}/score",
    name: "agent_score",
    title: "An agent's score",
    operation: "scores.get",
    param: "agentId",
    kind: "agent",
    as: "params",
  },
  {
    uriTemplate: "armalo://agents/{agentId}/pacts",
    name: "agent_pacts",
    title: "What an agent promises: its newest pacts",
    operation: "pacts.list",
    param: "agentId",
    kind: "agent",
    as: "query",
  },
  {
    uriTemplate: "armalo://agents/{agentId}/receipts",
    name: "agent_receipts",
    title: "What an agent did: its newest receipts",
    operation: "receipts.list",
    param: "agentId",
    kind: "agent",
    as: "query",
  },
  {
    uriTemplate: "armalo://pacts/{pactId}",
    name: "pact",
    title: "A pact",
    operation: "pacts.get",
    param: "pactId",
    kind: "pact",
    as: "params",
  },
  {
    uriTemplate: "armalo://receipts/{receiptId}",
    name: "receipt",
    title: "A receipt",
    operation: "receipts.get",
    param: "receiptId",
    kind: "receipt",
    as: "params",
  },
] as const satisfies readonly ResourceKind[];

type ResourceKind = {
  readonly uriTemplate: string;
  readonly name: string;
  readonly title: string;
  readonly operation: Operation["id"];
  readonly param: string;
  readonly kind: IdKind;
  readonly as: "params" | "query";
};

const mimeType = "application/json";

export const resourceTemplates = kinds.map(({ uriTemplate, name, title }) => ({ uriTemplate, name, title, mimeType }));

/** Which operation reads the resource, and with what; undefined for a URI that names none. */
export function findResource(uri: string): { readonly operation: string; readonly asked: RelayedCall } | undefined {
  for (const { uriTemplate, operation, param, kind, as } of kinds) {
    const [before = "", after = ""] = uriTemplate.split(`{${param}}`);
    const id = uri.slice(before.length, uri.length - after.length);
    if (uri !== `${before}${id}${after}` || !idPattern(kind).test(id)) continue;
    return { operation, asked: { params: {}, query: {}, body: undefined, [as]: { [param]: id } } };
  }
  return undefined;
}

/** The resources of one agent. */
export const resourcesOf = ({ id, name }: { readonly id: string; readonly name: string }) =>
  kinds
    .filter(({ kind }) => kind === "agent")
    .map(({ uriTemplate, name: what, title }) => ({
      uri: uriTemplate.replace("{agentId}", id),
      name: `${what}_${id}`,
      title: `${name}: ${title}`,
      mimeType,
    }));
