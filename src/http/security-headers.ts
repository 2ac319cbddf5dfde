/** What every answer carries, whatever went wrong before it. */
const headers = {
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
  "X-Frame-Options": "DENY",
  "X-Content-Type-Options": "nosniff",
  "X-XSS-Protection": "1; mode=block",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
} as const;

/** Pages that people see bring their own of these. */
const defaults = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "Cache-Control": "no-store",
} as const;

export function setSecurityHeaders(target: Headers): void {
  for (const [name, value] of Object.entries(headers)) target.set(name, value);
  for (const [name, value] of Object.entries(defaults)) if (!target.has(name)) target.set(name, value);
}
