import { describe, expect, it } from "vitest";
import { endpointProof, holdsChallenge } from "../../../src/features/agents/endpoint-proof.ts";

const cloud = { egress: "public", publicOrigin: "https://api.armalo.test", databaseUrl: "postgres://db.example.com/main" } as const;
const laptop = { ...cloud, egress: "local", databaseUrl: "postgres://127.0.0.1:5432/main" } as const;
const now = new Date("2026-05-01T00:00:00Z");
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const agent = (endpointUrl: string | null, endpointProvenAt: Date | null = null) => ({ endpointUrl, endpointProvenAt });

describe("an endpoint's proof", () => {
  const url = "https://agent.example.com/ask";

  it("holds for 31 days, and not an instant longer", () => {
    expect(endpointProof(agent(url, daysAgo(30)), cloud, now)).toMatchObject({ ok: true, state: "proven" });
    expect(endpointProof(agent(url, new Date(daysAgo(31).getTime() + 1)), cloud, now)).toMatchObject({ ok: true, state: "proven" });
    expect(endpointProof(agent(url, daysAgo(31)), cloud, now)).toMatchObject({ ok: false, reason: "stale" });
  });

  it("is missing until the origin has given it", () => {
    expect(endpointProof(agent(url), cloud, now)).toEqual({ ok: false, reason: "unproven" });
    expect(endpointProof(agent(null), cloud, now)).toEqual({ ok: false, reason: "no_endpoint" });
  });

  it("is not needed on the machine that runs everything, and does not help anywhere else", () => {
    expect(endpointProof(agent("http://127.0.0.1:9000/"), laptop, now)).toEqual({ ok: true, state: "not_needed" });
    expect(endpointProof(agent("http://127.0.0.1:9000/", now), cloud, now)).toEqual({ ok: false, reason: "url_refused" });
    expect(endpointProof(agent("http://127.0.0.1:5432/", now), laptop, now)).toEqual({ ok: false, reason: "url_refused" });
    expect(endpointProof(agent(url), laptop, now)).toEqual({ ok: false, reason: "unproven" });
  });
});

describe("a challenge", () => {
  it("is served as a line of its own, among those of other agents", () => {
    expect(holdsChallenge("armalo-a\r\n  armalo-b \n", "armalo-b")).toBe(true);
    expect(holdsChallenge("armalo-b", "armalo-b")).toBe(true);
    expect(holdsChallenge("<p>armalo-b</p>", "armalo-b")).toBe(false);
    expect(holdsChallenge("armalo-bb", "armalo-b")).toBe(false);
    expect(holdsChallenge("", "armalo-b")).toBe(false);
  });
});
