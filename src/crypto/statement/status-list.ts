import { z } from "zod";
import type { Signer } from "../signer.ts";
import { jwsTypes, readJws, signJson, type Jws } from "./jws.ts";

const Instant = z.iso.datetime({ precision: 3 });

const listType = "https://armalo.ai/status-list/v1";

const StatusList = z.strictObject({
  type: z.literal(listType),
  issuer: z.string().min(1),
  organization: z.string().min(1),
  issuedAt: Instant,
  /** The digest of the newest signed key history, so that an outdated one in a file is noticed. */
  keyHistory: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** An attestation leaves the list once it would have expired anyway. */
  revoked: z.array(z.strictObject({ id: z.string(), at: Instant, reason: z.string() })),
});
/** The attestations of an organization that were revoked, as of `issuedAt`. */
export type StatusList = z.output<typeof StatusList>;

export const signStatusList = (signer: Signer, list: Omit<StatusList, "type">): Promise<string> =>
  signJson(signer, jwsTypes.statusList, { type: listType, ...list });

/** Takes a signed list apart; the signature is for the caller to check. */
export function openStatusList(compact: string): { readonly jws: Jws; readonly list: StatusList } | undefined {
  const read = readJws(compact.trim(), jwsTypes.statusList);
  if (!read.ok) return undefined;
  const list = StatusList.safeParse(read.jws.payload);
  return list.success ? { jws: read.jws, list: list.data } : undefined;
}
