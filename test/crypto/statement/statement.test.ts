import { describe, expect, it } from "vitest";
import { signStatement } from "../../../src/crypto/statement/statement.ts";
import { newSigner, sampleAttestation } from "./signing.ts";

describe("a statement", () => {
  it.each(["cosignature", "payment", "transcript"] as const)(
    "says which agent of its organization it is about, unless it is a %s",
    async (kind) => {
      const signer = await newSigner();
      const attestation = sampleAttestation();
      const { agent: _, ...predicate } = attestation.predicate;
      await expect(signStatement(signer, attestation)).resolves.toBeDefined();
      await expect(signStatement(signer, { ...attestation, predicate })).rejects.toThrow("about an agent");
      await expect(signStatement(signer, { ...attestation, kind, predicate })).resolves.toBeDefined();
      await expect(signStatement(signer, { ...attestation, kind })).rejects.toThrow("about an agent");
    },
  );
});
