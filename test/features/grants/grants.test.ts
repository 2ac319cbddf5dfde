import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ledgerOf } from "../../../src/grants/ledger-client.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { newId } from "../../../src/platform/ids.ts";
import { proposalOf } from "../../grants/ledger-world.ts";
import { agentCaller, grantOn, newGrant, newGround, type Granted } from "../../support/grants.ts";
import { createOrganization, type Answer } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";

afterEach(() => vi.restoreAllMocks());

const codeOf = ({ status, body }: Answer) => [status, body?.code];
const ledger = ({ org, grantId }: Granted & { grantId: string }) => ledgerOf(requireEnvironment(env), org.orgId, grantId);
const tripsOf = ({ headers }: Answer): string =>
  /db;desc="(\d+)/.exec(headers.get("server-timing") ?? "")?.[1] ?? headers.get("server-timing") ?? "";

describe("a grant", () => {
  it("begins in simulation, and says why", async () => {
    const ground = await newGround(await createOrganization());
    const made = await grantOn(ground, { budget: { count: { perDay: 5 } } });
    expect([made.status, made.body], made.text).toMatchObject([
      201,
      {
        agentId: ground.agentId,
        budget: { count: { perDay: 5 } },
        ratePerMinute: 60,
        expiresAt: null,
        status: "active",
        mode: "simulation",
        simulationReasons: ["never_promoted"],
        promotedAt: null,
        createdBy: `member:${ground.operator.memberId}`,
      },
    ]);
    expect(made.body.toolName).toMatch(/^refund_an_order_[0-9a-f_]+$/);
    const read = await ground.org.call("GET", `/v1/grants/${made.body.id}`);
    const nothing = { total: 0, today: 0, month: 0, lastMinute: 0, spentTodayMicros: 0, spentMonthMicros: 0 };
    const used = { usage: { simulation: nothing, production: nothing }, unsettled: 0, budgetShare: 0, nearBudget: false };
    expect(read.body).toEqual({ ...made.body, ...used });
    const listed = await ground.org.call("GET", "/v1/grants");
    expect(listed.body).toEqual({ items: [made.body], nextCursor: null });
    console.log(tripsOf(made), tripsOf(read));
  });
});
