import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { basisOf, changedParts, modeOf, type GrantBasis } from "../../../src/grants/mode.ts";
import { capabilityBody, newGrant, policyTerms, putInProduction } from "../../support/grants.ts";
import { ownerSees } from "../../support/harness.ts";

type Granted = Awaited<ReturnType<typeof newGrant>>;

const condition = { id: "fast", type: "latency_ms", operator: "lt", value: 1000, unit: "ms", severity: "major" };
const standingOf = async ({ org, grantId }: Granted) => {
  const { mode, simulationReasons } = (await org.call("GET", `/v1/grants/${grantId}`)).body;
  return [mode, ...simulationReasons];
};
const done = async (answer: Promise<{ status: number; text: string; body: { id: string } }>) => {
  const { status, text, body } = await answer;
  if (status >= 300) throw new Error(text);
  return body;
};

/** How each thing that a grant rests on changes, and is changed back. */
const changes: Record<string, (granted: Granted) => Promise<() => Promise<unknown>>> = {
  agent_changed: async ({ org, agentId }) => {
    await done(org.call("PATCH", `/v1/agents/${agentId}`, { version: "2" }));
    return () => done(org.call("PATCH", `/v1/agents/${agentId}`, { version: null }));
  },
  pacts_changed: async ({ org, agentId }) => {
    const { id } = await done(org.call("POST", "/v1/pacts", { agentId, name: "Promise", conditions: [condition] }));
    await done(org.call("POST", `/v1/pacts/${id}/activate`));
    return () => done(org.call("POST", `/v1/pacts/${id}/retire`));
  },
  policy_changed: async ({ org, operator, policyId }) => {
    const activate = (version: number) => done(operator.call("POST", `/v1/policies/${policyId}/activate`, { version }));
    const terms = policyTerms({ id: "small", effect: "allow", when: "arguments.amount < 5.0" });
    await done(org.call("POST", `/v1/policies/${policyId}/versions`, { terms }));
    await activate(2);
    return () => activate(1);
  },
  capability_changed: async ({ org, capabilityId }) => {
    const version = (definition: object) => done(org.call("POST", `/v1/capabilities/${capabilityId}/versions`, { definition }));
    const { definition } = capabilityBody();
    await version({ ...definition, timeoutMs: 5_000 });
    return () => version(definition);
  },
};

describe("a grant in production", () => {
  it.each(Object.entries(changes))(
    "drops back to simulation by itself with %s, and does not come back by being changed back",
    async (reason, change) => {
      const granted = await newGrant();
      await putInProduction(granted);
      expect(await standingOf(granted)).toEqual(["production"]);
      const changeBack = await change(granted);
      expect(await standingOf(granted)).toEqual(["simulation", reason]);
      await changeBack();
      expect(await standingOf(granted)).toEqual(["simulation", reason]);
      expect(await ownerSees("select revision from grants where id = $1", granted.grantId)).toEqual([{ revision: 2 }]);
      await putInProduction(granted);
      expect(await standingOf(granted)).toEqual(["production"]);
    },
  );

  it("stays there with what does not define it: another name, a draft, a version that is not in force", async () => {
    const granted = await newGrant();
    const { org, agentId, policyId } = granted;
    await putInProduction(granted);
    await done(org.call("PATCH", `/v1/agents/${agentId}`, { name: "Renamed" }));
    await done(org.call("POST", "/v1/pacts", { agentId, name: "Draft", conditions: [condition] }));
    await done(org.call("POST", `/v1/policies/${policyId}/versions`, { terms: policyTerms({ id: "no", effect: "deny", when: "true" }) }));
    await done(granted.operator.call("PATCH", `/v1/grants/${granted.grantId}`, { ratePerMinute: 5 }));
    expect(await standingOf(granted)).toEqual(["production"]);
  });
});

const text = fc.string({ maxLength: 3 });
const basis: fc.Arbitrary<GrantBasis> = fc.record({
  agentVersionNumber: fc.nat({ max: 3 }),
  agentVersionDigest: text,
  pacts: fc.uniqueArray(fc.record({ id: text, digest: text }), { maxLength: 3, selector: ({ id }) => id }),
  pactActivations: fc.nat({ max: 3 }),
  policyId: text,
  policyVersion: fc.nat({ max: 3 }),
  policyDigest: text,
  policyActivation: fc.nat({ max: 3 }),
  capabilityId: text,
  capabilityVersion: fc.nat({ max: 3 }),
  capabilityDigest: text,
});

describe("the basis of a grant", () => {
  it("is one digest, whatever order pacts come in, and another one where anything differs, which it names", async () => {
    await fc.assert(
      fc.asyncProperty(basis, basis, async (one, other) => {
        const shuffled = { ...one, pacts: one.pacts.toReversed() };
        expect(await basisOf(shuffled)).toBe(await basisOf(one));
        expect(changedParts(one, shuffled)).toEqual([]);
        expect((await basisOf(one)) === (await basisOf(other))).toBe(changedParts(one, other).length === 0);
      }),
    );
  });

  it("keeps a grant in production only while it is the one that it was promoted for, and its tool is what was pinned", () => {
    const promoted = { promotedFor: "sha256:a" };
    expect(modeOf(promoted, "sha256:a", { driftedDigest: null })).toBe("production");
    expect(modeOf(promoted, "sha256:b", { driftedDigest: null })).toBe("simulation");
    expect(modeOf(promoted, "sha256:a", { driftedDigest: "sha256:drifted" })).toBe("simulation");
    expect(modeOf({ promotedFor: null }, "sha256:a", { driftedDigest: null })).toBe("simulation");
  });
});
