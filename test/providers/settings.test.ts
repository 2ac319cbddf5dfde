import { env as bindings } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseEnvironment, type Bindings } from "../../src/env.ts";
import { providerSettings as known } from "../../src/providers/settings.ts";
import { providerSettings } from "../support/provider-settings.ts";

const unset = Object.fromEntries(Object.keys(known).map((name) => [name, undefined]));

/** What the Worker makes of its settings with these of providers and no other ones. */
function parseWith(settings: object) {
  const given: Bindings = { ...bindings, ...unset, ...settings };
  return parseEnvironment(given);
}
const faultsOf = (settings: object): readonly string[] => {
  const parsed = parseWith(settings);
  return parsed.ok ? [] : parsed.missing;
};
const of = (start: string): Record<string, string> =>
  Object.fromEntries(Object.entries(providerSettings).filter(([name]) => name.startsWith(start)));

describe("the settings of providers", () => {
  it("may all be missing: then nobody signs in, and nobody tells us anything", () => {
    const parsed = parseWith({});
    expect(parsed.ok && [parsed.env.providers.signIn, ...Object.values(parsed.env.providers.webhookSecrets)]).toEqual([
      undefined,
      ...[undefined, undefined, undefined, undefined],
    ]);
  });

  it.each(["CLERK_", "WHOP_", "STRIPE_"])("of %s are all there, or none is: each one that is missing is named", (start) => {
    const all = of(start);
    expect(faultsOf(all)).toEqual([]);
    expect(Object.keys(all).length).toBeGreaterThan(1);
    for (const name of Object.keys(all)) expect(faultsOf({ ...all, [name]: undefined }), name).toEqual([name]);
  });

  it("let people sign in one way, which nothing that is missing changes to another", () => {
    const signInOf = (settings: object) => {
      const parsed = parseWith(settings);
      return parsed.ok ? parsed.env.providers.signIn : parsed.missing;
    };
    expect(signInOf({ SIGN_IN: "clerk", ...of("CLERK_") })).toBe("clerk");
    expect(signInOf({ SIGN_IN: "clerk" })).toEqual(["CLERK_ISSUER"]);
    expect(signInOf({ SIGN_IN: "local" })).toBe("local");
    expect(signInOf(of("CLERK_"))).toBeUndefined();
    for (const wrong of ["", "Clerk", "none", "local,clerk"]) expect(signInOf({ SIGN_IN: wrong }), wrong).toEqual(["SIGN_IN"]);
  });

  it("hold every secret of a list, the newest first, whatever spaces stand around the commas", () => {
    const parsed = parseWith({ ...of("WHOP_"), WHOP_WEBHOOK_SECRETS: ` ${"n".repeat(16)} ,${"o".repeat(16)}` });
    const held = parsed.ok ? (parsed.env.providers.webhookSecrets.whop ?? []) : [];
    expect(held.map((secret) => new TextDecoder().decode(secret))).toEqual(["n".repeat(16), "o".repeat(16)]);
  });

  it("refuse a secret of less than 16 bytes once it is decoded, also beside a good one", () => {
    const base64 = (bytes: number) => `whsec_${btoa("k".repeat(bytes))}`;
    const clerk = (secrets: string) => faultsOf({ ...of("CLERK_"), CLERK_WEBHOOK_SECRETS: secrets });
    expect(clerk(base64(16))).toEqual([]);
    for (const wrong of [base64(15), `${base64(24)},${base64(15)}`, "whsec_", "", ",", "whsec_*not base64 at all*"])
      expect(clerk(wrong), wrong).toEqual(["CLERK_WEBHOOK_SECRETS"]);
    for (const start of ["WHOP", "STRIPE"]) {
      const name = `${start}_WEBHOOK_SECRETS`;
      expect(faultsOf({ ...of(`${start}_`), [name]: "s".repeat(16) })).toEqual([]);
      expect(faultsOf({ ...of(`${start}_`), [name]: "s".repeat(15) })).toEqual([name]);
    }
  });

  it("sell plans that there are, and checkout needs to know which", () => {
    for (const wrong of ["", "[]", '"pro"', '{"plan_x":"gold"}', '{"plan_x":"free"}', '{"":"pro"}'])
      expect(faultsOf({ ...of("WHOP_"), WHOP_PLANS: wrong }), wrong).toEqual(["WHOP_PLANS"]);
    expect(faultsOf({ WHOP_API_KEY: "k".repeat(32) })).toEqual(["WHOP_PLANS"]);
  });

  it("ask providers over https alone, and over http on this machine: their keys decide who somebody is, and ours are shown to them", () => {
    const issuer = (url: string) => faultsOf({ ...of("CLERK_"), CLERK_ISSUER: url });
    for (const right of ["https://clerk.example.com", "https://clerk.example.com/", "http://127.0.0.1:8080"])
      expect(issuer(right), right).toEqual([]);
    for (const wrong of [
      "http://clerk.example.com",
      "http://127.0.0.1.example.com",
      "https://user:password@clerk.example.com",
      "ftp://clerk.example.com",
      "javascript:alert(1)",
      "clerk.example.com",
      "",
    ])
      expect(issuer(wrong), wrong).toEqual(["CLERK_ISSUER"]);
    for (const name of ["CLERK_API_URL", "WHOP_API_URL", "INNGEST_API_URL"])
      expect(faultsOf({ [name]: "http://api.example.com" }), name).toEqual([name]);
  });

  it("take sessions from origins, and from nothing that is more or less than one", () => {
    const parties = (list: string) => faultsOf({ ...of("CLERK_"), CLERK_AUTHORIZED_PARTIES: list });
    expect(parties("https://a.example, https://b.example:8443")).toEqual([]);
    for (const wrong of ["", "a.example", "https://a.example/", "https://a.example,*", "null"])
      expect(parties(wrong), wrong).toEqual(["CLERK_AUTHORIZED_PARTIES"]);
  });
});
