import { z } from "zod";
import { isPublicAddress } from "./public-address.ts";

export type NameCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "dns_refused" | "dns_unreachable"; readonly detail: string };

const recordTypes = { A: 1, AAAA: 28 } as const;
/** The longest that a look-up takes. */
export const lookupTimeoutMs = 5000;
const maxAnswerBytes = 65_536;

/** The JSON form of DNS over HTTPS, as Cloudflare and Google serve it. Status is an RCODE of RFC 1035. */
const DnsAnswer = z.object({
  Status: z.int(),
  TC: z.boolean().optional(),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).optional(),
});
type DnsAnswer = z.output<typeof DnsAnswer>;

/** Asks for every address of a name. Fails closed: a look-up that fails, one private address, or none at all refuses the name. */
export async function checkName(dohUrl: string, host: string): Promise<NameCheck> {
  try {
    return judgeAnswers(await Promise.all([lookUp(dohUrl, host, "A"), lookUp(dohUrl, host, "AAAA")]));
  } catch (error) {
    return { ok: false, reason: "dns_unreachable", detail: error instanceof Error ? error.message : "look-up failed" };
  }
}

/** Pure: whether what DNS said about a name lets us call it. */
function judgeAnswers(answers: readonly DnsAnswer[]): NameCheck {
  const broken = answers.find(({ Status, TC }) => (Status !== 0 && Status !== 3) || TC === true);
  if (broken !== undefined) return { ok: false, reason: "dns_unreachable", detail: `DNS status ${broken.Status}` };
  const types: readonly number[] = Object.values(recordTypes);
  const addresses = answers.flatMap(({ Answer = [] }) => Answer.filter(({ type }) => types.includes(type)).map(({ data }) => data));
  if (addresses.length === 0) return { ok: false, reason: "dns_refused", detail: "the name has no address" };
  const refused = addresses.find((address) => !isPublicAddress(address));
  return refused === undefined ? { ok: true } : { ok: false, reason: "dns_refused", detail: `${refused} is not a public address` };
}

async function lookUp(dohUrl: string, host: string, type: keyof typeof recordTypes): Promise<DnsAnswer> {
  const url = new URL(dohUrl);
  url.searchParams.set("name", host);
  url.searchParams.set("type", type);
  const response = await fetch(url, {
    headers: { accept: "application/dns-json" },
    redirect: "manual",
    signal: AbortSignal.timeout(lookupTimeoutMs),
  });
  const text = await response.text();
  if (response.status !== 200 || text.length > maxAnswerBytes) throw new Error(`resolver answered ${response.status}`);
  return DnsAnswer.parse(JSON.parse(text));
}
