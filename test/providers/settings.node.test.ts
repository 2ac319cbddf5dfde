import { describe, expect, it } from "vitest";
import { z } from "zod";
import { findProviderFaults, providerSettings, providerSettingsOf } from "../../src/providers/settings.ts";

const Settings = z.object(providerSettings);
const svix = (text: string): string => `whsec_${Buffer.from(text).toString("base64")}`;
const clerk = {
  CLERK_ISSUER: "https://clerk.armalo.test/",
  CLERK_AUTHORIZED_PARTIES: "https://app.armalo.test, https://other.armalo.test",
  CLERK_SECRET_KEY: "sk_test_0123456789abcdef",
  CLERK_WEBHOOK_SECRETS: `${svix("n".repeat(24))} , ${svix("o".repeat(16))}`,
};
const faultsOf = (given: object): string[] => findProviderFaults(Settings.parse(given));
const readsOf = (name: string, values: readonly string[]): boolean[] =>
  values.map((value) => Settings.safeParse({ [name]: value }).success);

describe("the settings of providers", () => {
  it("are none at all where none is given: nobody signs in, and nothing is taken from anybody", () => {
    expect(faultsOf({})).toEqual([]);
    const { signIn, clerk: none, whop, stripe, inngest, webhookSecrets } = providerSettingsOf(Settings.parse({}));
    expect([signIn, none, whop, stripe, inngest]).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(Object.values(webhookSecrets)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("hold every secret of a list, the newest first, whatever spaces stand around the commas", () => {
    const read = providerSettingsOf(Settings.parse(clerk));
    expect(read.webhookSecrets.clerk?.map((key) => Buffer.from(key).toString())).toEqual(["n".repeat(24), "o".repeat(16)]);
    expect(read.clerk).toMatchObject({
      issuer: "https://clerk.armalo.test",
      authorizedParties: ["https://app.armalo.test", "https://other.armalo.test"],
    });
  });

  it.each(Object.keys(clerk))("of Clerk are not taken without %s", (name) => {
    expect(faultsOf({ ...clerk, [name]: undefined })).toEqual([name]);
  });

  it("name what goes with what is given", () => {
    expect(faultsOf({ SIGN_IN: "clerk" })).toEqual(["CLERK_ISSUER"]);
    expect(faultsOf({ WHOP_API_KEY: "k".repeat(16) })).toEqual(["WHOP_PLANS"]);
    expect(faultsOf({ WHOP_PLANS: '{"plan_1":"pro"}' })).toEqual(["WHOP_WEBHOOK_SECRETS"]);
    expect(faultsOf({ STRIPE_WEBHOOK_SECRETS: "s".repeat(16) })).toEqual(["STRIPE_PLANS"]);
    expect(faultsOf({ INNGEST_SIGNING_KEY_FALLBACK: `signkey-prod-${"ab".repeat(16)}` })).toEqual(["INNGEST_SIGNING_KEY"]);
  });

  it("refuse a list with one entry that is not right, and an empty one", () => {
    const good = "s".repeat(16);
    expect(readsOf("WHOP_WEBHOOK_SECRETS", [good, `${good},${"s".repeat(15)}`, "", ","])).toEqual([true, false, false, false]);
    const decodesShort = svix("o".repeat(15));
    expect(readsOf("CLERK_WEBHOOK_SECRETS", [decodesShort, "whsec_not base64 at all"])).toEqual([false, false]);
    expect(readsOf("CLERK_AUTHORIZED_PARTIES", ["https://app.armalo.test", "https://app.armalo.test/path", "app"])).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("refuse plans that are none, the free one, and Inngest's dev mode", () => {
    expect(readsOf("WHOP_PLANS", ['{"p":"pro"}', '{"p":"free"}', '{"p":"gold"}', "[]", "pro"])).toEqual([true, false, false, false, false]);
    expect(readsOf("INNGEST_DEV", ["", "0", "false", "1", "true", "http://127.0.0.1:8288"])).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
