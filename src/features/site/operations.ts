import { z } from "@hono/zod-openapi";
import { publicKeys, signingUses } from "../../access/public-keys.ts";
import { defineOperation } from "../../http/define-operation.ts";
import { openApiDocument } from "../../http/openapi.ts";
import type { Operation } from "../../http/operation.ts";
import { docsPage, homePage, policyPage, problemPage } from "./pages.ts";
import { checkReadiness, Readiness } from "./readiness.ts";
import { securityTxt } from "./security-txt.ts";

const open = { method: "get", governance: "system", access: { mode: "public" } } as const;
const html = { status: 200, media: ["text/html"] } as const;
const Jwk = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string(),
  kid: z.string(),
  alg: z.literal("EdDSA"),
  use: z.literal("sig"),
  purpose: z.enum(signingUses),
});
const KeySet = z
  .object({
    keys: z.array(Jwk),
    key_history: z
      .string()
      .nullable()
      .openapi({ description: "JWS by the installation's offline root key: since when and until when each key signs." }),
  })
  .openapi("JwkSet");

const documents = new Map<string, string>();

/** Making the document costs some 15 ms, and it changes with a deployment only. */
function describeOnce(table: () => readonly Operation[], origin: string): string {
  const document = documents.get(origin) ?? JSON.stringify(openApiDocument(table(), origin));
  documents.set(origin, document);
  return document;
}

const forPeople = [
  defineOperation({
    ...open,
    id: "site.home",
    path: "/",
    summary: "What this is",
    request: {},
    response: html,
    handle: async () => homePage(),
  }),
  defineOperation({
    ...open,
    id: "site.docs",
    path: "/docs",
    summary: "The API reference, for people",
    request: {},
    response: html,
    handle: async () => docsPage(),
  }),
  defineOperation({
    ...open,
    id: "site.docs_script",
    path: "/docs/scalar.js",
    summary: "The API reference's script",
    request: {},
    response: { status: 200, media: ["text/javascript"], cacheControl: "public, max-age=86400" },
    handle: async ({ env }) => {
      const asset = await env.bindings.ASSETS.fetch("https://assets.invalid/scalar.js");
      if (!asset.ok) throw new Error("the API reference's script is not among the assets");
      return { content: asset.body, mediaType: "text/javascript" };
    },
  }),
  defineOperation({
    ...open,
    id: "site.problem",
    path: "/problems/{code}",
    summary: "What a problem code means",
    request: { params: z.object({ code: z.string() }) },
    response: html,
    handle: async ({ input }) => problemPage(input.params.code),
  }),
  defineOperation({
    ...open,
    id: "site.security_policy",
    path: "/security-policy",
    summary: "How to report a vulnerability",
    request: {},
    response: html,
    handle: async () => policyPage(),
  }),
];

const forMachines = [
  defineOperation({
    ...open,
    id: "site.health",
    path: "/health",
    summary: "Whether the Worker answers",
    request: {},
    response: { status: 200, body: z.object({ status: z.literal("ok") }).openapi("Health") },
    handle: async () => ({ status: "ok" as const }),
  }),
  defineOperation({
    ...open,
    id: "site.ready",
    path: "/ready",
    summary: "Whether everything that the Worker needs is there",
    request: {},
    response: { status: 200, body: Readiness },
    handle: ({ env, now }) => checkReadiness(env, now),
  }),
  defineOperation({
    ...open,
    id: "site.security_txt",
    path: "/.well-known/security.txt",
    summary: "Security contact (RFC 9116)",
    request: {},
    response: { status: 200, media: ["text/plain"] },
    handle: async ({ env }) => ({ content: securityTxt(env.publicOrigin), mediaType: "text/plain" }),
  }),
  defineOperation({
    ...open,
    id: "site.jwks",
    path: "/.well-known/jwks.json",
    summary: "Public keys (RFC 7517)",
    request: {},
    response: { status: 200, body: KeySet, cacheControl: "public, max-age=30" },
    handle: ({ env }) => publicKeys(env),
  }),
];

/** What the service says of itself. The table is handed in as a function, since these operations are part of it. */
export const siteOperations = (table: () => readonly Operation[]): Operation[] => [
  ...forPeople,
  defineOperation({
    ...open,
    id: "site.openapi",
    path: "/openapi.json",
    summary: "This API as an OpenAPI 3.1 document",
    request: {},
    response: { status: 200, media: ["application/json"], cacheControl: "public, max-age=300" },
    handle: async ({ env }) => ({ content: describeOnce(table, env.publicOrigin), mediaType: "application/json" }),
  }),
  ...forMachines,
];
