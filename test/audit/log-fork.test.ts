import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { toBase64 } from "../../src/crypto/encoding.ts";
import { createOrganization } from "../support/organization.ts";
import { leavesOf, logOf, publishedOf, tamper, writeEvents } from "./support.ts";

afterEach(() => vi.restoreAllMocks());

describe("a log that finds another checkpoint of its size published", () => {
  it("stops, and hands out neither its own nor a proof under it", async () => {
    const org = await createOrganization();
    await writeEvents(org, 2);
    const { length: size } = await leavesOf(org);
    const other = toBase64(new Uint8Array(32));
    const original = crypto.subtle.sign.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, "sign").mockImplementationOnce(async (...args) => {
      const row = `:org, ${size}, '${other}', 'kid', 'note', now()`;
      await tamper(org, `insert into log_checkpoints (org_id, size, root, kid, note, signed_at) values (${row})`);
      return original(...args);
    });
    const fork = { ok: false, reason: "stopped", stop: { reason: "fork", seq: size } };
    expect(await logOf(org).head(org.orgId, size)).toMatchObject(fork);
    expect(await logOf(org).head(org.orgId, 0)).toMatchObject(fork);
    expect((await publishedOf(org)).map(({ root }) => root)).toEqual([other]);
    const [event] = (await org.call("GET", "/v1/audit-events?limit=1")).body.items;
    const proof = await org.call("GET", `/v1/audit-events/${event.id}/inclusion-proof`);
    expect(proof.status).toBeGreaterThanOrEqual(400);
    const signed = await runInDurableObject(logOf(org), (_log, { storage }) =>
      storage.sql.exec("select count(*) as n from checkpoints where published = 1").one(),
    );
    expect(signed).toEqual({ n: 0 });
  });
});
