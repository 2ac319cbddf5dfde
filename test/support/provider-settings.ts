const secret = (filler: string): string => `whsec_${btoa(filler.repeat(24)).slice(0, 32)}`;

/** What the tests' Worker knows of providers: each has a new secret and an old one. */
export const providerSettings = {
  CLERK_ISSUER: "https://clerk.armalo.test",
  CLERK_AUTHORIZED_PARTIES: "https://app.armalo.test",
  CLERK_SECRET_KEY: "sk_test_0123456789abcdef",
  CLERK_WEBHOOK_SECRETS: `${secret("n")},${secret("o")}`,
  WHOP_WEBHOOK_SECRETS: `ws_${"1".repeat(32)},ws_${"0".repeat(32)}`,
  WHOP_PLANS: JSON.stringify({ plan_whop_pro: "pro", plan_whop_enterprise: "enterprise" }),
  STRIPE_WEBHOOK_SECRETS: `whsec_new_${"s".repeat(24)},whsec_old_${"s".repeat(24)}`,
  STRIPE_PLANS: JSON.stringify({ price_pro: "pro", price_enterprise: "enterprise" }),
  INNGEST_SIGNING_KEY: `signkey-test-${"ab".repeat(32)}`,
  INNGEST_SIGNING_KEY_FALLBACK: `signkey-test-${"cd".repeat(32)}`,
};

/** The newest of a list of secrets. */
export const newest = (list: string): string => list.split(",")[0] ?? "";
