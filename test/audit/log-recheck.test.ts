import { describe, expect, it } from "vitest";
import { createOrganization, type TestOrganization } from "../support/organization.ts";
import { logOf, tamper, writeEvents } from "./support.ts";

/** An organization with 400 events under a checkpoint: more than a run reads again. */
async function longLog(): Promise<TestOrganization> {
  const org = await createOrganization();
  await tamper(
    org,
    `insert into audit_events (org_id, seq, id, actor, request_id, action, resource, change, at)
     select :org, seq, 'aud_' || seq, 'system:test', 'req_' || seq, 'key.created', 'key_' || seq, 'sha256:00', date_trunc('milliseconds', now())
       from generate_series((select seq + 1 from audit_heads where org_id = :org), 400) seq;
     update audit_heads set seq = 400 where org_id = :org`,
  );
  expect(await logOf(org).head(org.orgId, 400)).toMatchObject({ ok: true, size: 400 });
  return org;
}

const change = (org: TestOrganization, seq: number): Promise<unknown> =>
  tamper(org, `update audit_events set resource = 'key_other' where org_id = :org and seq = ${seq}`);

describe("a log that is too long to be read again in one run", () => {
  it("reads the last event again in every run, so that nobody changes it before it is built upon", async () => {
    const org = await longLog();
    await change(org, 400);
    await writeEvents(org, 1);
    expect(await logOf(org).head(org.orgId, 401)).toMatchObject({ reason: "stopped", stop: { reason: "leaf_changed", seq: 400 } });
  });

  it("reads all the others again in turn, a stretch in each run", async () => {
    const org = await longLog();
    await change(org, 300);
    const answers: unknown[] = [];
    for (let more = 1; more <= 4; more += 1) {
      await writeEvents(org, 1);
      answers.push(await logOf(org).head(org.orgId, 400 + more));
    }
    expect(answers.slice(0, 2)).toMatchObject([{ ok: true }, { ok: true }]);
    expect(answers.at(-1)).toMatchObject({ ok: false, reason: "stopped", stop: { reason: "leaf_changed", seq: 300 } });
  });
});
