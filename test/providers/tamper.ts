import { bytes, signedAt, type Delivery } from "./deliveries.ts";

type Tamper = (delivery: Delivery) => Delivery | undefined;

const after = (seconds: number): Date => new Date(signedAt.getTime() + seconds * 1000);
const text = (body: Uint8Array): string => new TextDecoder().decode(body);

/** The names of the delivery's own headers, and what each is for. */
const idHeader = ({ headers }: Delivery): string | undefined => [...headers.keys()].find((name) => name.endsWith("-id"));
const timeHeader = ({ headers }: Delivery): string | undefined => [...headers.keys()].find((name) => name.endsWith("-timestamp"));
export const signatureHeader = ({ headers }: Delivery): string => [...headers.keys()].find((name) => name.endsWith("-signature")) ?? "";

const withHeader = (delivery: Delivery, name: string | undefined, change: (value: string) => string | undefined): Delivery | undefined => {
  if (name === undefined) return undefined;
  const headers = new Headers(delivery.headers);
  const value = change(headers.get(name) ?? "");
  if (value === undefined) return undefined;
  if (value === "") headers.delete(name);
  else headers.set(name, value);
  return { ...delivery, headers };
};
const withSignature =
  (change: (value: string) => string | undefined): Tamper =>
  (delivery) =>
    withHeader(delivery, signatureHeader(delivery), change);

/** The last of the header's values is the HMAC, in hex or in base64. */
const hmacOf = (value: string): string => /[A-Za-z0-9+/]+=?$/.exec(value)?.[0] ?? "";
const withHmac = (change: (hmac: string) => string | undefined): Tamper =>
  withSignature((value) => {
    const hmac = hmacOf(value);
    const changed = change(hmac);
    return changed === undefined ? undefined : value.slice(0, value.length - hmac.length) + changed;
  });
const isHex = (hmac: string): boolean => /^[0-9a-f]{64}$/.test(hmac);
const flipFirst = (hmac: string): string => (hmac.startsWith("a") ? "b" : "a") + hmac.slice(1);
const hexOnly = (change: (hmac: string) => string): Tamper => withHmac((hmac) => (isHex(hmac) ? change(hmac) : undefined));
const base64Only = (change: (hmac: string) => string): Tamper => withHmac((hmac) => (isHex(hmac) ? undefined : change(hmac)));
const withTime =
  (change: (seconds: string) => string): Tamper =>
  (delivery) =>
    timeHeader(delivery) === undefined
      ? withSignature((value) => value.replace(/t=(\d+)/, (_, seconds: string) => `t=${change(seconds)}`))(delivery)
      : withHeader(delivery, timeHeader(delivery), change);
const withBody =
  (change: (body: string) => string | undefined): Tamper =>
  (delivery) => {
    const changed = change(text(delivery.body));
    return changed === undefined ? undefined : { ...delivery, body: bytes(changed) };
  };
const nonEmpty = (change: (body: string) => string): Tamper => withBody((body) => (body === "" ? undefined : change(body)));
const listed = (value: string): boolean => value.includes("v1");

/** Every way of spoiling a delivery that we know; each must be refused. Undefined: the scheme has no such part. */
export const tamperings: Readonly<Record<string, Tamper>> = {
  "one bit of the body": (delivery) => {
    const at = text(delivery.body).indexOf('"') + 1;
    if (at === 0) return undefined;
    return { ...delivery, body: delivery.body.map((byte, index) => (index === at ? byte ^ 1 : byte)) };
  },
  "a body where there was none, or another": withBody((body) => (body === "" ? "{}" : "")),
  "something behind the body": nonEmpty((body) => `${body}x`),
  "one bit of the signature": withHmac(flipFirst),
  "a signature cut short": withHmac((hmac) => hmac.slice(0, -8)),
  "no signature in the header": withHmac(() => " "),
  "an empty signature header": withSignature(() => " "),
  "no signature header": withSignature(() => ""),
  "the header's signature twice": withSignature((value) => `${value}, ${value}`),
  "hex of an odd length": hexOnly((hmac) => hmac.slice(0, -1)),
  "hex that is longer": hexOnly((hmac) => `${hmac}00`),
  "upper-case hex": hexOnly((hmac) => hmac.toUpperCase()),
  "what is no hex": hexOnly((hmac) => `g${hmac.slice(1)}`),
  "base64 that is not canonical": base64Only((hmac) =>
    hmac.replace(/(.)=$/, (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=`),
  ),
  "base64 without padding": base64Only((hmac) => hmac.slice(0, -1)),
  "URL-safe base64": base64Only((hmac) => `${hmac.replaceAll("/", "_").replaceAll("+", "-")}_`),
  "base64 of 31 bytes": base64Only(() => btoa("x".repeat(31))),
  "the signature as v0 alone": withSignature((value) => (listed(value) ? value.replace("v1", "v0") : undefined)),
  "the signature as v1a alone": withSignature((value) => (value.startsWith("v1,") ? value.replace("v1,", "v1a,") : undefined)),
  "more signatures than anybody has secrets": withSignature((value) => {
    if (!listed(value)) return undefined;
    const bad = value.startsWith("v1,") ? `v1,${btoa("x".repeat(32))} ` : `v1=${"0".repeat(64)},`;
    return value.startsWith("v1,") ? bad.repeat(5) + value : value.replace("v1=", `${bad.repeat(5)}v1=`);
  }),
  "a malformed entry beside the good one": withSignature((value) =>
    listed(value) ? (value.startsWith("v1,") ? `${value} v1,x` : `${value},v1=00`) : `${value}&s=00`,
  ),
  "a huge signature header": withSignature((value) =>
    value.startsWith("v1,") ? `${"v2,AAAA ".repeat(2_000)}${value}` : `${value}${",v2=00".repeat(2_000)}`,
  ),
  "a header that is not ASCII": withSignature((value) => `${value}\u00e9`),
  "another time": withTime((seconds) => String(Number(seconds) + 1)),
  "two times": withSignature((value) => (value.startsWith("t=") ? value.replace(/^(t=\d+)([,&])/, "$1$2$1$2") : undefined)),
  "a time with a zero before it": withTime((seconds) => `0${seconds}`),
  "a time in milliseconds": withTime((seconds) => `${seconds}000`),
  "a time with a fraction": withTime((seconds) => `${seconds}.5`),
  "a negative time": withTime((seconds) => `-${seconds}`),
  "no time": withTime(() => " "),
  "no header of the time": (delivery) => withHeader(delivery, timeHeader(delivery), () => ""),
  "the time's header twice": (delivery) => withHeader(delivery, timeHeader(delivery), (value) => `${value}, ${value}`),
  "another id": (delivery) => withHeader(delivery, idHeader(delivery), (value) => `${value}x`),
  "no header of the id": (delivery) => withHeader(delivery, idHeader(delivery), () => ""),
  "the id's header twice": (delivery) => withHeader(delivery, idHeader(delivery), (value) => `${value}, ${value}`),
  "an id of 4,000 characters": (delivery) => withHeader(delivery, idHeader(delivery), () => "m".repeat(4_000)),
  "an id that is not ASCII": (delivery) => withHeader(delivery, idHeader(delivery), (value) => `${value}\u00e9`),
  "a dot of the id's making": (delivery) => withHeader(delivery, idHeader(delivery), (value) => `${value}.1`),
  "a clock 301 s ahead": (delivery) => ({ ...delivery, now: after(301) }),
  "a clock 301 s behind": (delivery) => ({ ...delivery, now: after(-301) }),
  "a clock a month behind": (delivery) => ({ ...delivery, now: after(-30 * 86_400) }),
  "a wrong secret": (delivery) => ({ ...delivery, secrets: [otherSecret(delivery)] }),
};

/** Another secret, in the form of this one. */
export const otherSecret = ({ secrets: [secret = ""] }: Delivery): string =>
  secret.startsWith("signkey") ? secret.replace("b2", "b3") : secret.replace(/.(?=.{4}$)/, (char) => (char === "x" ? "y" : "x"));
