import { env as bindings } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { problemCodes } from "../../../src/http/problem.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { checkReadiness } from "../../../src/features/site/readiness.ts";
import { securityTxtExpires } from "../../../src/features/site/security-txt.ts";
import { operations } from "../../../src/operations.ts";
import { callApi } from "../../support/organization.ts";

const dayMs = 86_400_000;

describe("what the service says of itself", () => {
  it("answers /health and /ready, item by item", async () => {
    expect((await callApi("GET", "/health")).body).toEqual({ status: "ok" });
    const ready = await callApi("GET", "/ready");
    expect(ready.status).toBe(200);
    expect(ready.body.ready).toBe(true);
    expect(ready.body.checks).toEqual(expect.arrayContaining(["configuration", "gate", "signing.statement", "signing.checkpoint"]));
    expect(ready.body.checks.filter((item: string) => item.startsWith("database.")).length).toBeGreaterThanOrEqual(3);
  });

  it("is not ready with a signing key that the root never introduced, and names its ring alone", async () => {
    const parsed = parseEnvironment(bindings);
    if (!parsed.ok) throw new Error(parsed.missing.join());
    const refused = checkReadiness({ ...parsed.env, statementKeys: parsed.env.accessTokenKeys }, new Date());
    await expect(refused).rejects.toMatchObject({ code: "unavailable", blocker: "signing.statement" });
  });

  it("serves an OpenAPI document with every operation, bodies required", async () => {
    const { body } = await callApi("GET", "/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    const described = Object.entries<Record<string, { operationId: string; requestBody?: { required: boolean } }>>(body.paths).flatMap(
      ([, item]) => Object.values(item),
    );
    expect(described.map(({ operationId }) => operationId).toSorted()).toEqual(operations.map(({ id }) => id).toSorted());
    for (const { requestBody } of described) if (requestBody !== undefined) expect(requestBody.required).toBe(true);
  });

  it("explains every problem code, and no other", async () => {
    for (const code of problemCodes) expect((await callApi("GET", `/problems/${code}`)).status).toBe(200);
    expect((await callApi("GET", "/problems/constructor")).status).toBe(404);
  });

  it("serves the reference with its own policy: one nonce, no foreign host", async () => {
    const docs = await callApi("GET", "/docs");
    const policy = docs.headers.get("content-security-policy") ?? "";
    const [, nonce] = /script-src 'nonce-([^']+)'/.exec(policy) ?? [];
    expect(docs.text.match(/<script /g)).toHaveLength(docs.text.split(`<script nonce="${nonce}"`).length - 1);
    expect(docs.text).not.toMatch(/https?:\/\//);
    expect((await callApi("GET", "/docs")).headers.get("content-security-policy")).not.toBe(policy);
    const script = await callApi("GET", "/docs/scalar.js");
    expect(script.status).toBe(200);
    expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(script.text.length).toBeGreaterThan(100_000);
  });

  it("explains the words of proofs, of judges and of the oracle in its glossary, and where an interval is weaker than it says", async () => {
    const { text } = await callApi("GET", "/docs");
    for (const word of [
      ...[
        "Attestation",
        "Receipt",
        "Claim policy",
        "Revocation list",
        "Share link",
        "Inclusion proof",
        "Root key and key history",
        "Witness",
      ],
      ...["Tier", "Confidence", "Judge panel", "Calibration", "Evidence bundle", "Co-signature", "Trust oracle"],
      ...["Member", "Session", "Plan", "Webhook endpoint", "Delivery", "Notice"],
    ])
      expect(text, word).toContain(`<dt>${word}</dt><dd>`);
    expect(text).toContain("coverage can fall to about 83 %");
  });

  it("says on its first page what comes after scores", async () => {
    const { text } = await callApi("GET", "/");
    for (const word of ["attestations", "receipts", "co-signed pacts", "trust oracle"]) expect(text).toContain(word);
  });

  it("has a security.txt that is valid for 30 days more, and less than a year", async () => {
    const { text, headers } = await callApi("GET", "/.well-known/security.txt");
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
    for (const field of ["Contact: mailto:", "Expires: ", "Canonical: https://", "Policy: https://", "Preferred-Languages: "])
      expect(text).toContain(field);
    const left = Date.parse(securityTxtExpires) - Date.now();
    expect(left).toBeGreaterThan(30 * dayMs);
    expect(left).toBeLessThan(365 * dayMs);
    expect((await callApi("GET", "/security-policy")).text).toContain("48 hours");
  });
});
