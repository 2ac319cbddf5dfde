import type { SealedBox } from "../../crypto/sealed-box.ts";

const placeOf = (capabilityId: string, version: number) => ({
  table: "capability_credentials",
  row: `${capabilityId}.${version}`,
  field: "sealed_value",
});

export const sealCredential = (box: SealedBox, capabilityId: string, version: number, value: string): Promise<string> =>
  box.seal(placeOf(capabilityId, version), value);

/** Null where the capability has none. Throws where it was altered, or is of another capability, version or organization. */
export const openCredential = async (
  box: SealedBox,
  {
    id,
    credentialVersion,
    sealedCredential,
  }: { readonly id: string; readonly credentialVersion: number; readonly sealedCredential: string | null },
): Promise<string | null> => (sealedCredential === null ? null : box.open(placeOf(id, credentialVersion), sealedCredential));
