import { env as bindings } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseEnvironment, type Bindings } from "../../src/env.ts";

const [network] = JSON.parse(bindings.X402_NETWORKS);
const unset = { X402_FACILITATOR_URL: undefined, X402_FACILITATOR_TOKEN: undefined, X402_NETWORKS: undefined };
const url = "https://facilitator.example.com";
const mainnet = { ...network, network: "eip155:8453", rpcUrl: "https://mainnet.example.com" };

/** What the Worker makes of its settings, with some of them changed. */
function parseWith(changes: object) {
  const changed: Bindings = { ...bindings, ...unset, ...changes };
  return parseEnvironment(changed);
}
const faultsOf = (changes: object): readonly string[] => {
  const parsed = parseWith(changes);
  return parsed.ok ? [] : parsed.missing;
};
const settings = (networks: readonly object[], facilitator: string = url) => ({
  X402_FACILITATOR_URL: facilitator,
  X402_NETWORKS: JSON.stringify(networks),
});

describe("the settings of payments", () => {
  it("are not configured where none is there", () => {
    const parsed = parseWith({});
    expect(parsed.ok && parsed.env.payments).toBeUndefined();
    expect(parsed.ok).toBe(true);
  });

  it("are read whole, with a token for the facilitator where there is one", () => {
    const parsed = parseWith({ ...settings([network, mainnet]), X402_FACILITATOR_TOKEN: "secret" });
    expect(parsed.ok && parsed.env.payments).toEqual({ facilitatorUrl: url, facilitatorToken: "secret", networks: [network, mainnet] });
    expect(parsed.ok && parseWith(settings([mainnet]))).toMatchObject({ env: { payments: { facilitatorToken: undefined } } });
  });

  it("stop the Worker where some are missing, and are named", () => {
    expect(faultsOf({ X402_FACILITATOR_URL: url })).toEqual(["X402_NETWORKS"]);
    expect(faultsOf({ X402_NETWORKS: JSON.stringify([mainnet]) })).toEqual(["X402_FACILITATOR_URL"]);
    expect(faultsOf({ X402_FACILITATOR_TOKEN: "secret" })).toEqual(["X402_FACILITATOR_URL", "X402_NETWORKS"]);
    expect(faultsOf({ ...settings([mainnet]), X402_FACILITATOR_URL: "" })).toEqual(["X402_FACILITATOR_URL"]);
  });

  it.each([
    ["no JSON", "{"],
    ["none", []],
    ["more than fit into a challenge", ["1", "2", "3", "4", "5"].map((id) => ({ ...mainnet, network: `eip155:${id}` }))],
    ["one twice", [mainnet, mainnet]],
    ["another kind of chain", [{ ...mainnet, network: "solana:mainnet" }]],
    ["an address with a typing error", [{ ...mainnet, payTo: `${mainnet.payTo.slice(0, -1)}${mainnet.payTo.endsWith("0") ? "1" : "0"}` }]],
    ["an address without its checksum", [{ ...mainnet, asset: mainnet.asset.toLowerCase() }]],
    ["no receiver", [{ ...mainnet, payTo: undefined }]],
    ["other decimals", [{ ...mainnet, decimals: 18 }]],
    ["no confirmation", [{ ...mainnet, confirmations: 0 }]],
    ["an unknown field", [{ ...mainnet, chainId: 8453 }]],
    ["a node without TLS", [{ ...mainnet, rpcUrl: "http://mainnet.example.com" }]],
    ["a node with a password in its address", [{ ...mainnet, rpcUrl: "https://me:secret@mainnet.example.com" }]],
  ])("stop the Worker with networks that are %s", (_, networks) => {
    const X402_NETWORKS = typeof networks === "string" ? networks : JSON.stringify(networks);
    expect(faultsOf({ X402_FACILITATOR_URL: url, X402_NETWORKS })).toEqual(["X402_NETWORKS"]);
  });

  it("name loopback only where all is on one machine", () => {
    const local = settings([network], "http://127.0.0.1:4021");
    expect(faultsOf(local)).toEqual([]);
    expect(faultsOf({ ...local, EGRESS: "public" })).toEqual(["X402_FACILITATOR_URL", "X402_NETWORKS"]);
    expect(faultsOf(settings([mainnet], "http://localhost:4021"))).toEqual(["X402_FACILITATOR_URL"]);
    expect(faultsOf({ ...settings([mainnet]), EGRESS: "public" })).toEqual([]);
  });
});
