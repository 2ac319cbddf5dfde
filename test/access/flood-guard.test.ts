import { describe, expect, it } from "vitest";
import { openClerk } from "../support/clerk.ts";
import { askUntilCutOff, newAddress } from "../support/organization.ts";

describe("an address", () => {
  it("is cut off once it has sent too many sessions of organizations unknown here: each costs a look-up", async () => {
    const clerk = await openClerk();
    const authorization = `Bearer ${await clerk.sign({ sub: "user_1", sid: "sess_1", o: { id: "org_unknown", rol: "owner" } })}`;
    const ask = async (address: string): Promise<unknown> =>
      (await clerk.ask("GET", "/v1/keys", { authorization, "cf-connecting-ip": address })).body.code;
    const address = newAddress();
    const codes = await askUntilCutOff(
      () => ask(address),
      (code) => code === "rate_limited",
    );
    expect(new Set(codes)).toEqual(new Set(["organization_needed", "rate_limited"]));
    expect(codes.at(-1)).toBe("rate_limited");
    expect(await ask(newAddress())).toBe("organization_needed");
  });
});
