import { exports } from "cloudflare:workers";
import type { Plan } from "../../src/access/plans.ts";
import { scopes, type Scope } from "../../src/access/scopes.ts";
import { askForOrganization } from "./harness.ts";

const origin = "https://api.armalo.test";

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly requestId: string;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever shape the answer has
  readonly body: any;
};

/** One request to the Worker's front door, from an address of its own where none is named. A string is sent as it is; anything else as JSON. */
export async function callApi(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await exports.default.fetch(
    new Request(new URL(path, origin), {
      method,
      redirect: "manual",
      headers: { "cf-connecting-ip": newAddress(), ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    }),
  );
  return toAnswer(response);
}

/** An answer, read to its end. */
export async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /[/+]json(;|$)/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    requestId: response.headers.get("x-request-id") ?? "",
    text,
    body: isJson && text !== "" ? JSON.parse(text) : undefined,
  };
}

export type TestOrganization = {
  readonly orgId: string;
  readonly apiKey: string;
  readonly keyId: string;
  /** The address that its requests come from: its own, so that no other test's traffic counts against it. */
  readonly address: string;
  readonly call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
};

type Wish = { readonly plan?: Plan; readonly environment?: "live" | "test"; readonly scopes?: readonly Scope[] };

/** An address that no other caller has: refusals of one address are capped together. */
export const newAddress = (): string => `198.51.${[...crypto.getRandomValues(new Uint8Array(2))].join(".")}`;

/** Asks on until the flood guard says no: 120 times, or more, for it counts by the clock's minute, and one may end in between. */
export async function askUntilCutOff<T>(ask: () => Promise<T>, isCutOff: (answer: T) => boolean): Promise<T[]> {
  const answers = [await ask()];
  while (answers.length < 400 && !answers.slice(-1).some(isCutOff)) answers.push(await ask());
  return answers;
}

/** A new organization with a key of its own: tests share the database and nothing in it. */
export async function createOrganization(wish: Wish = {}): Promise<TestOrganization> {
  const made = await askForOrganization({ plan: "enterprise", environment: "live", scopes, ...wish });
  const address = newAddress();
  return {
    ...made,
    address,
    call: (method, path, body, headers) =>
      callApi(method, path, body, { authorization: `Bearer ${made.apiKey}`, "cf-connecting-ip": address, ...headers }),
  };
}
