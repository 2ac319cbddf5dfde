import { beforeAll, describe, expect, it } from "vitest";
import type { DsseEnvelope } from "../../../src/crypto/statement/dsse.ts";
import { openStatement } from "../../../src/crypto/statement/open-statement.ts";
import { signStatement } from "../../../src/crypto/statement/statement.ts";
import { newSigner, sampleAttestation } from "./signing.ts";

let dsse: DsseEnvelope;
beforeAll(async () => ({ dsse } = await signStatement(await newSigner(), sampleAttestation())));

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** The same bytes for a careless reader: the last digit before the padding with a bit flipped that decodes to nothing. */
const respell = (text: string): string =>
  text.replace(/(.)(=+)$/, (_, digit: string, padding: string) => `${digits[digits.indexOf(digit) ^ 1] ?? ""}${padding}`);
const faultOf = async (envelope: unknown): Promise<string> => {
  const opened = await openStatement(envelope);
  return opened.ok ? "opened" : opened.fault;
};

describe("a DSSE envelope", () => {
  it("is opened with one signature, and with no other beside it that would go unchecked", async () => {
    expect(await faultOf(dsse)).toBe("opened");
    const [signature] = dsse.signatures;
    expect(await faultOf({ ...dsse, signatures: [signature, { keyid: "other", sig: signature?.sig }] })).toBe("malformed");
  });

  it("is refused where its payload or signature is not the one spelling of its bytes", async () => {
    const [signature = { keyid: "", sig: "" }] = dsse.signatures;
    const respelt = { ...signature, sig: respell(signature.sig) };
    expect(atob(respelt.sig)).toBe(atob(signature.sig));
    expect(await faultOf({ ...dsse, signatures: [respelt] })).toBe("malformed");
    expect(await faultOf({ ...dsse, payload: ` ${dsse.payload}` })).toBe("malformed");
  });
});
