import { exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { checkCheckpoint, checkInclusion } from "../../audit/transparency/check-inclusion.ts";
import { rootOfLeaves, verifyConsistency } from "../../../src/audit/transparency/merkle.ts";
import { parseVerifierKey, type VerifierKey } from "../../../src/audit/transparency/signed-note.ts";
import { parseTlogProof } from "../../../src/audit/transparency/tlog-proof.ts";
import { hashLeaf, type Hash } from "../../../src/audit/transparency/tree-hash.ts";
import { canonicalJson } from "../../../src/crypto/canonical-json.ts";
import { fromBase64, toBase64, utf8 } from "../../../src/crypto/encoding.ts";
import { newId } from "../../../src/platform/ids.ts";
import { eventsOf, leavesOf, logOf, tamper, writeEvents } from "../../audit/support.ts";
import { roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type Answer, type TestOrganization } from "../../support/organization.ts";

let org: TestOrganization;
let other: TestOrganization;
let origin: string;
let keys: VerifierKey[];
/** Anybody: no credential, an address of its own. */
const ask = (path: string): Promise<Answer> => callApi("GET", path, undefined, { "cf-connecting-ip": org.address });
const logPath = (): string => `/log/${org.orgId}`;
const apiPath = (): string => `/v1/logs/${org.orgId}`;

beforeAll(async () => {
  [org, other] = await Promise.all([createOrganization(), createOrganization()]);
  await Promise.all([writeEvents(org, 4), writeEvents(other, 1)]);
  const log = (await org.call("GET", "/v1/log")).body;
  await other.call("GET", "/v1/log");
  origin = log.origin;
  keys = log.verifierKeys.map(parseVerifierKey);
});

describe("a log", () => {
  it("is public: anybody reads how it stands, in one round trip", async () => {
    const answer = await ask(apiPath());
    expect(answer.body).toMatchObject({ logId: org.orgId, origin: `api.armalo.test/log/${org.orgId}`, state: "running", stopped: null });
    expect(answer.body.root).toBe(toBase64(rootOfLeaves((await leavesOf(org)).slice(0, answer.body.size))));
    expect(await roundTrips(answer.requestId)).toBe(1);
  });

  it("serves its newest checkpoint where its origin line says, signed by a key that it names", async () => {
    const answer = await ask(logPath() + "/checkpoint");
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=5");
    expect(await checkCheckpoint(answer.text, origin, keys)).toMatchObject({ ok: true });
    expect(await roundTrips(answer.requestId)).toBe(1);
  });

  it("keeps every checkpoint, page by page", async () => {
    for (let at = 0; at < 3; at += 1) {
      await writeEvents(org, 1);
      const [last] = (await org.call("GET", "/v1/audit-events?limit=1")).body.items;
      await org.call("GET", `/v1/audit-events/${last.id}/inclusion-proof`);
    }
    const first = (await ask(`${apiPath()}/checkpoints?limit=2`)).body;
    const second = (await ask(`${apiPath()}/checkpoints?limit=2&before=${first.nextBefore}`)).body;
    const sizes = [...first.items, ...second.items].map(({ size }) => size);
    expect(sizes).toHaveLength(4);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(second.nextBefore).toBeNull();
    for (const { size, root } of first.items) {
      const { text } = await ask(`${apiPath()}/checkpoints/${size}`);
      expect(await checkCheckpoint(text, origin, keys)).toMatchObject({ ok: true, checkpoint: { size, root: fromBase64(root) } });
    }
    expect((await ask(`${apiPath()}/checkpoints/999999`)).status).toBe(404);
  });

  it("that nobody has answers alike everywhere, without an object being made for it", async () => {
    const unknown = newId("organization");
    const paths = ["/checkpoint", "/tile/0/000.p/1"].map((tail) => `/log/${unknown}${tail}`);
    const more = ["", "/checkpoints", "/checkpoints/1", "/consistency-proof?from=1"].map((tail) => `/v1/logs/${unknown}${tail}`);
    for (const path of [...paths, ...more]) {
      const answer = await ask(path);
      expect([answer.status, answer.body.code], path).toEqual([404, "not_found"]);
      expect(await roundTrips(answer.requestId), path).toBe(1);
    }
    const served = await runInDurableObject(logOf({ orgId: unknown }), (_log, { storage }) => storage.kv.get("orgId"));
    expect(served).toBeUndefined();
    expect((await ask("/log/org_x/checkpoint")).status).toBe(400);
  });
});

describe("an organization whose log has signed nothing yet", () => {
  it("is not told from one that never was, on any public path, and nothing is made for it", async () => {
    const [silent, unknown] = [await createOrganization(), newId("organization")];
    const paths = (id: string): string[] => [
      ...["/checkpoint", "/tile/0/000.p/1", "/tile/0/000", "/tile/entries/000"].map((tail) => `/log/${id}${tail}`),
      ...["", "/checkpoints", "/checkpoints/1", "/consistency-proof?from=1", "/consistency-proof?from=2&to=1"].map(
        (tail) => `/v1/logs/${id}${tail}`,
      ),
    ];
    const bare = ({ text, requestId }: Answer): string => text.replaceAll(requestId, "");
    for (const [at, path] of paths(silent.orgId).entries()) {
      const [there, nowhere] = [await ask(path), await ask(paths(unknown)[at] ?? "")];
      expect([there.status, bare(there).replaceAll(silent.orgId, "")], path).toEqual([404, bare(nowhere).replaceAll(unknown, "")]);
      expect(there.headers.get("cache-control"), path).toBe("no-store");
    }
    const served = await runInDurableObject(logOf(silent), (_log, { storage }) => storage.kv.get("orgId"));
    expect(served).toBeUndefined();
  });
});

describe("tiles", () => {
  it("are enough to rebuild the signed root with nothing of ours", async () => {
    const { body: log } = await ask(apiPath());
    const response = await fetchBytes(`${logPath()}/tile/0/000.p/${log.size}`);
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const hashes = Array.from({ length: log.size }, (_, at): Hash => response.bytes.slice(at * 32, at * 32 + 32));
    expect(toBase64(rootOfLeaves(hashes))).toBe(log.root);
    expect(await roundTrips(response.headers.get("x-request-id") ?? "")).toBe(1);
  });

  it("are not served torn: what is shorter than was published is out of reach", async () => {
    const torn = await createOrganization();
    await writeEvents(torn, 3);
    const { size } = (await torn.call("GET", "/v1/log")).body;
    const path = `/log/${torn.orgId}/tile/0/000.p/${size}`;
    expect((await fetchBytes(path)).bytes.length).toBe(size * 32);
    await runInDurableObject(
      logOf(torn),
      (_log, { storage }) => void storage.sql.exec("update tiles set hashes = cast(substr(hashes, 1, 40) as blob)"),
    );
    await evictDurableObject(logOf(torn));
    expect((await fetchBytes(path)).status).toBe(503);
  });

  it("are served as far as checkpoints reach, full ones with many segments, and no further", async () => {
    const large = await createOrganization();
    await tamper(
      large,
      `insert into audit_events (org_id, seq, id, actor, request_id, action, resource, change, at)
       select :org, seq, 'aud_' || seq, 'system:test', 'req_' || seq, 'key.created', 'key_' || seq, 'sha256:00', date_trunc('milliseconds', now())
         from generate_series(3, 700) seq; update audit_heads set seq = 700 where org_id = :org`,
    );
    expect((await large.call("GET", "/v1/log")).body.size).toBe(700);
    const width = async (path: string): Promise<number | string> => {
      const { status, bytes } = await fetchBytes(`/log/${large.orgId}/tile/${path}`);
      return status === 200 ? bytes.length / 32 : `refused ${status}`;
    };
    expect(await width("0/000")).toBe(256);
    expect(await width("0/002.p/188")).toBe(188);
    expect(await width("0/002.p/17")).toBe(17);
    expect(await width("1/000.p/2")).toBe(2);
    for (const path of [
      "0/002",
      "0/002.p/189",
      "0/003.p/1",
      "1/000",
      "2/000.p/1",
      "0/x001/000",
      "0/2",
      "0/000.p/0",
      "entries/000",
      "0/..",
    ]) {
      expect(await width(path), path).toBe("refused 404");
    }
  });
});

describe("a proof that an event is logged", () => {
  const lastEvent = async (): Promise<{ id: string; seq: number }> => (await org.call("GET", "/v1/audit-events?limit=1")).body.items[0];

  it("holds for each event, old or written a moment ago, and costs one round trip", async () => {
    await writeEvents(org, 1);
    for (const { id, seq } of await eventsOf(org)) {
      const answer = await org.call("GET", `/v1/audit-events/${id}/inclusion-proof`);
      const { leaf, leafIndex, leafHash, hashes, checkpoint } = answer.body;
      expect([leaf.seq, leafIndex]).toEqual([seq, seq - 1]);
      const computed = hashLeaf(utf8(canonicalJson(leaf)));
      expect(toBase64(computed)).toBe(leafHash);
      const proof = { index: leafIndex, hashes: hashes.map(fromBase64), checkpoint };
      expect(await checkInclusion(computed, proof, origin, keys)).toMatchObject({ ok: true });
      expect(await roundTrips(answer.requestId)).toBe(1);
    }
  });

  it("comes as a .tlog-proof file that holds by itself", async () => {
    const { id } = await lastEvent();
    const answer = await org.call("GET", `/v1/audit-events/${id}/tlog-proof`);
    expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="${id}.tlog-proof"`);
    const proof = parseTlogProof(answer.text);
    expect(proof?.extra).toBeDefined();
    if (proof?.extra === undefined) return;
    expect(JSON.parse(new TextDecoder().decode(proof.extra)).id).toBe(id);
    expect(await checkInclusion(hashLeaf(proof.extra), proof, origin, keys)).toMatchObject({ ok: true });
  });

  it("can be asked for under an older checkpoint, and not under one that is no checkpoint or is older than the event", async () => {
    const [first] = await eventsOf(org);
    const { size } = (await ask(`${apiPath()}/checkpoints?limit=100`)).body.items.at(-1);
    const proof = (query: string, id = first?.id) => org.call("GET", `/v1/audit-events/${id}/inclusion-proof?${query}`);
    expect((await proof(`size=${size}`)).body.treeSize).toBe(size);
    expect((await proof(`size=${size + 1}`)).body.errors?.[0].path ?? "a checkpoint").toMatch(/query\.size|a checkpoint/);
    expect((await proof("size=999999")).body.errors[0].path).toBe("query.size");
    const { id } = await lastEvent();
    expect((await proof(`size=${size}`, id)).body.errors[0].path).toBe("query.size");
  });

  it("is for the organization alone: another one's event is unknown to it", async () => {
    const { id } = await lastEvent();
    expect((await other.call("GET", `/v1/audit-events/${id}/inclusion-proof`)).status).toBe(404);
    expect((await other.call("GET", `/v1/audit-events/${id}/tlog-proof`)).status).toBe(404);
  });

  it("is refused, and the log stops, where the event was changed behind it", async () => {
    const spoilt = await createOrganization();
    await writeEvents(spoilt, 3);
    await spoilt.call("GET", "/v1/log");
    await tamper(spoilt, "update audit_events set actor = 'key:somebody_else' where org_id = :org and seq = 3");
    const event = (await eventsOf(spoilt))[2];
    const answer = await spoilt.call("GET", `/v1/audit-events/${event?.id}/inclusion-proof`);
    expect([answer.status, answer.body.code]).toEqual([409, "log_stopped"]);
    const log = (await callApi("GET", `/v1/logs/${spoilt.orgId}`)).body;
    expect(log).toMatchObject({ state: "stopped", stopped: { reason: "leaf_changed", seq: 3 } });
    const failure = (await spoilt.call("GET", `/v1/requests/${answer.requestId}`)).body;
    expect(failure.blocker).toBe("leaf_changed at 3");
  });
});

describe("a proof of consistency", () => {
  it("holds between all checkpoints, by their signed roots, for anybody and in one round trip", async () => {
    const sizes: number[] = (await ask(`${apiPath()}/checkpoints?limit=100`)).body.items.map(({ size }: { size: number }) => size);
    const newest = sizes[0] ?? 0;
    for (const from of [1, 2, ...sizes]) {
      const answer = await ask(`${apiPath()}/consistency-proof?from=${from}`);
      const { from: first, to: second, hashes } = answer.body;
      expect([first.size, second.size]).toEqual([from, newest]);
      const heads = [first, second].map(({ size, root }) => ({ size, root: fromBase64(root) }));
      const [a = heads[0], b = heads[1]] = heads;
      if (a === undefined || b === undefined) throw new Error("no heads");
      expect(verifyConsistency(a, b, hashes.map(fromBase64))).toBe(true);
      expect(await roundTrips(answer.requestId)).toBe(1);
    }
  });

  it("is refused for sizes that no checkpoint reaches, or in the wrong order", async () => {
    const path = (query: string) => ask(`${apiPath()}/consistency-proof?${query}`);
    expect((await path("from=1&to=999999")).body.errors[0].path).toBe("query.to");
    expect((await path("from=3&to=2")).body.errors[0].path).toBe("query.from");
    expect((await path("from=0")).status).toBe(400);
    expect((await path("from=x")).status).toBe(400);
    expect((await path("from=2&to=3")).body.to.size).toBe(3);
  });

  it("is never answered where it does not hold: the server checks it against what was signed", async () => {
    const spoilt = await createOrganization();
    await writeEvents(spoilt, 4);
    const { size } = (await spoilt.call("GET", "/v1/log")).body;
    await runInDurableObject(
      logOf(spoilt),
      (_log, { storage }) => void storage.sql.exec("update tiles set hashes = cast(zeroblob(32) || substr(hashes, 33) as blob)"),
    );
    await evictDurableObject(logOf(spoilt));
    const answer = await callApi("GET", `/v1/logs/${spoilt.orgId}/consistency-proof?from=2&to=${size}`);
    expect([answer.status, answer.body.code]).toEqual([409, "log_stopped"]);
  });
});

async function fetchBytes(path: string): Promise<{ status: number; headers: Headers; bytes: Hash }> {
  const response = await exports.default.fetch(
    new Request(`https://api.armalo.test${path}`, { headers: { "cf-connecting-ip": org.address } }),
  );
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
}
