/** What every answer carries, whatever went wrong before it. */
const headers = {
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
  "X-Frame-Options": "DENY",
  "X-Content-Type-Options": "nosniff",
  "X-XSS-Protection": "1; mode=block",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
} as const;

/** Pages that people see, and what every site may embed, bring their own of these. */
const defaults = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const;

/** For what any site may read and embed. Nothing of it depends on who asks, so no credentials are let in. */
export const anyOriginHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "X-Request-Id",
  "Cross-Origin-Resource-Policy": "cross-origin",
} as const;

/** What a payment comes in (x402, version 2). */
export const paymentHeader = "PAYMENT-SIGNATURE";

/** The same for calls that are paid for: a wallet may live in a browser. No credential is let in from there. */
export const payerHeaders = {
  ...anyOriginHeaders,
  "Access-Control-Expose-Headers": "PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-Payment-Id, X-Request-Id, Retry-After",
} as const;

/** All or none: an answer that was kept has them, and is given many times. */
export function setSecurityHeaders(target: Headers): void {
  if (target.has("Strict-Transport-Security")) return;
  for (const [name, value] of Object.entries(headers)) target.set(name, value);
  for (const [name, value] of Object.entries(defaults)) if (!target.has(name)) target.set(name, value);
}
