import { exports } from "cloudflare:workers";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { callApi, newAddress, type Answer, type TestOrganization } from "../../support/organization.ts";

const url = new URL("https://api.armalo.test/mcp");
const identity = { name: "test", version: "1" };

/** What official clients send goes through the Worker's front door, from an address of the caller's own. */
const through = (headers: Record<string, string>) => async (input: string | URL | Request, init?: RequestInit) => {
  const request = new Request(input, init);
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
  return exports.default.fetch(request);
};

export type Asker = Pick<TestOrganization, "apiKey" | "address">;
const headersOf = (asker: Asker | null): Record<string, string> =>
  asker === null ? { "cf-connecting-ip": newAddress() } : { authorization: `Bearer ${asker.apiKey}`, "cf-connecting-ip": asker.address };

/** The revision's official client, connected. */
export async function connect(
  asker: Asker | null,
  revision: "2026-07-28" | "2025-11-25",
  capabilities: ConstructorParameters<typeof Client>[1] = {},
): Promise<Client> {
  const mode = revision === "2026-07-28" ? ({ pin: revision } as const) : ("legacy" as const);
  const client = new Client(identity, { versionNegotiation: { mode }, ...capabilities });
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: through(headersOf(asker)) }));
  return client;
}

/** The official client before the stateless revision. */
export async function connectOld(asker: Asker | null): Promise<OldClient> {
  const client = new OldClient(identity);
  await client.connect(new OldTransport(url, { fetch: through(headersOf(asker)) }));
  return client;
}

const textHeaders = { accept: "application/json, text/event-stream", "content-type": "application/json" };

/** A message as it is, by no client. */
export const post = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  callApi("POST", "/mcp", body, { ...textHeaders, "cf-connecting-ip": newAddress(), ...headers });

/** A request of the revision 2026-07-28. */
export const modern = (method: string, params: object = {}, id: number | string = 1) => ({
  jsonrpc: "2.0",
  id,
  method,
  params: {
    ...params,
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": identity,
      "io.modelcontextprotocol/clientCapabilities": {},
      ...("_meta" in params && typeof params._meta === "object" ? params._meta : {}),
    },
  },
});

/** The same, sent with the headers that the revision asks for. */
export const postModern = (
  method: string,
  params: { name?: string; uri?: string; [name: string]: unknown } = {},
  headers: Record<string, string> = {},
) => {
  const name = params.name ?? params.uri;
  return post(modern(method, params), {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(name === undefined ? {} : { "mcp-name": name }),
    ...headers,
  });
};
