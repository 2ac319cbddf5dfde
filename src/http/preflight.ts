import { payerHeaders, paymentHeader } from "./security-headers.ts";

/**
 * What a browser asks before it lets a script pay for a call of another origin (Fetch standard, CORS preflight): it may send a payment and a
 * body. `Authorization` is not named, so that no credential is ever sent from there.
 */
export const answerPreflight = (methods: readonly string[]): Response =>
  new Response(null, {
    status: 204,
    headers: {
      ...payerHeaders,
      "Access-Control-Allow-Methods": methods.join(", "),
      "Access-Control-Allow-Headers": `${paymentHeader}, Content-Type`,
      "Access-Control-Max-Age": "600",
    },
  });
