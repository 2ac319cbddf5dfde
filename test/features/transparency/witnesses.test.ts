import { beforeAll, describe, expect, it } from "vitest";
import { checkCheckpoint } from "../../audit/transparency/check-inclusion.ts";
import { parseCheckpoint } from "../../../src/audit/transparency/checkpoint.ts";
import {
  formatSignature,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  type VerifierKey,
} from "../../../src/audit/transparency/signed-note.ts";
import { eventsOf, tamper, writeEvents } from "../../audit/support.ts";
import { newKey, type TestKey } from "../../audit/transparency/support.ts";
import { roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type Answer, type TestOrganization } from "../../support/organization.ts";

let org: TestOrganization;
let other: TestOrganization;
let origin: string;
let keys: VerifierKey[];
/** Anybody: no credential, an address of its own. */
const ask = (path: string): Promise<Answer> => callApi("GET", path, undefined, { "cf-connecting-ip": org.address });
const apiPath = (): string => `/v1/logs/${org.orgId}`;

beforeAll(async () => {
  [org, other] = await Promise.all([createOrganization(), createOrganization()]);
  await Promise.all([writeEvents(org, 2), writeEvents(other, 1)]);
  const log = (await org.call("GET", "/v1/log")).body;
  await other.call("GET", "/v1/log");
  origin = log.origin;
  keys = log.verifierKeys.map(parseVerifierKey);
});

describe("a witness's signature", () => {
  let witness: TestKey;
  let size: number;
  let text: string;
  const cosign = (over: object = {}, by = witness) =>
    by.sign(text, 1_700_000_000).then((signature) =>
      org.call("POST", "/v1/log/cosignatures", {
        size,
        verifierKey: formatVerifierKey(by.key),
        signature: formatSignature(signature),
        ...over,
      }),
    );

  beforeAll(async () => {
    witness = await newKey("witness.example/w1", 4);
    ({ size } = (await ask(apiPath())).body);
    text = parseNote((await ask(`${apiPath()}/checkpoints/${size}`)).text)?.text ?? "";
  });

  it("is taken where it holds, served with its checkpoint, and in the proofs under it", async () => {
    const answer = await cosign();
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      size,
      witness: "witness.example/w1",
      verifierKey: formatVerifierKey(witness.key),
      witnessedAt: "2023-11-14T22:13:20.000Z",
    });
    const served = (await ask(`${apiPath()}/checkpoints/${size}`)).text;
    const verdict = await checkCheckpoint(served, origin, [...keys, witness.key]);
    expect(verdict).toMatchObject({ ok: true, verified: [{}, { key: { name: "witness.example/w1" }, witnessedAt: 1_700_000_000 }] });
    const [event] = await eventsOf(org);
    const proof = (await org.call("GET", `/v1/audit-events/${event?.id}/inclusion-proof?size=${size}`)).body;
    expect(proof.checkpoint).toBe(served);
    const { items } = (await ask(`${apiPath()}/checkpoints?before=${size + 1}&limit=1`)).body;
    expect(items).toMatchObject([{ size, witnesses: 1 }]);
    expect(await roundTrips(answer.requestId)).toBe(2);
    const [last] = (await org.call("GET", "/v1/audit-events?limit=1")).body.items;
    expect(last).toMatchObject({ action: "checkpoint.cosigned", resource: org.orgId });
  });

  it("is taken once", async () => {
    expect((await cosign()).status).toBe(409);
    expect((await cosign({}, await newKey("witness.example/w2", 4))).status).toBe(201);
  });

  it("is refused where it does not hold, is of another key, another tree, another kind or the future", async () => {
    const third = await newKey("witness.example/w3", 4);
    const field = async (over: object, by = third): Promise<string> => (await cosign(over, by)).body.errors?.[0].path ?? "taken";
    const another = await newKey("witness.example/w3", 4);
    const signature = formatSignature(await third.sign(text));
    expect(await field({ verifierKey: formatVerifierKey(another.key) })).toBe("body.signature");
    expect(await field({ signature: formatSignature(await third.sign(text.replace(`\n${size}\n`, `\n${size + 1}\n`))) })).toBe(
      "body.signature",
    );
    expect(await field({ signature: signature.replace(/.(?==*\n$)/, (char) => (char === "A" ? "B" : "A")) })).toBe("body.signature");
    expect(await field({ signature: formatSignature(await third.sign(text, Math.floor(Date.now() / 1000) + 3600)) })).toBe(
      "body.signature",
    );
    expect(await field({ size: 999_999 })).toBe("body.size");
    expect(await field({ verifierKey: formatVerifierKey(keys[0] ?? third.key) })).toBe("body.verifierKey");
    expect(await field({ verifierKey: "x" })).toBe("body.verifierKey");
    expect(await field({})).toBe("taken");
  });

  it("of another organization's log is not one of ours", async () => {
    const theirs = parseNote((await callApi("GET", `/log/${other.orgId}/checkpoint`)).text)?.text ?? "";
    const { size: theirSize } = parseCheckpoint(theirs) ?? { size: 0 };
    const signature = formatSignature(await witness.sign(theirs));
    const answer = await org.call("POST", "/v1/log/cosignatures", {
      size: theirSize,
      verifierKey: formatVerifierKey(witness.key),
      signature,
    });
    expect(answer.status).toBe(400);
  });

  it("is never taken under the log's own name, which a key id made to fit would spoil the note with", async () => {
    const answer = await cosign({}, await newKey(origin, 4));
    expect([answer.status, answer.body.errors[0].path]).toEqual([400, "body.verifierKey"]);
  });

  it("is served with as many others as verifiers must take, however many came in at once", async () => {
    const busy = await createOrganization();
    const { size: own } = (await busy.call("GET", "/v1/log")).body;
    const note = (await callApi("GET", `/log/${busy.orgId}/checkpoint`)).text;
    const line = (at: number): string => note.split("\n").at(-2)?.replace(/— \S+/, `— w${at}.example`) ?? "";
    for (let at = 0; at < 20; at += 1) {
      const values = `:org, ${own}, 'w${at}', '${line(at)}' || chr(10), now(), now()`;
      await tamper(busy, `insert into log_cosignatures (org_id, size, verifier_key, line, witnessed_at, created_at) values (${values})`);
    }
    const served = parseNote((await callApi("GET", `/log/${busy.orgId}/checkpoint`)).text);
    expect(served?.signatures).toHaveLength(16);
  });

  it("needs a credential for the whole organization", async () => {
    const agent = await org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Agent" });
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["audit:witness"], agentId: agent.body.id });
    const answer = await callApi(
      "POST",
      "/v1/log/cosignatures",
      { size, verifierKey: formatVerifierKey(witness.key), signature: formatSignature(await witness.sign(text)) },
      { authorization: `Bearer ${bound.body.key}` },
    );
    expect(answer.status).toBe(403);
  });
});
