import { z } from "zod";
import { openApi } from "../api-client.ts";
import { newPayer, type Payer } from "../chain/payer.ts";
import type { Run } from "./load.ts";
import { balanceAt, challengeOf, settleDirectly, sign } from "./payer.ts";
import type { ChainDoor, Workerd } from "./processes.ts";
import { race, ratioOf, runner, takeTurns, together } from "./race.ts";
import type { Tenant } from "./seed.ts";

export type Payments = {
  /** Milliseconds of each call, over one connection, in turns. */
  readonly calls: Readonly<Record<"free" | "paid" | "resent" | "facilitator", readonly number[]>>;
  readonly crowd: Crowd;
  readonly rates: {
    readonly free: Run;
    readonly challenge: Run;
    readonly resent: Run;
    readonly challengeRatio: number;
    readonly resentRatio: number;
  };
};

type Crowd = {
  readonly payers: number;
  /** How many were answered 200 at once. */
  readonly paid: number;
  readonly totalMs: number;
  /** The same number of payments, by the facilitator alone. */
  readonly facilitatorMs: number;
  /** Payers of whom another amount was taken than the price, and the receiver where it got another sum. */
  readonly wrongBalances: number;
};

const Made = z.object({ id: z.string() });
const turns = 100;

/**
 * A paid read of a public agent's score beside the same read with a key, the resend of an answer that was paid for, and the facilitator
 * with the chain alone. Challenges and resends ask nothing of chain or facilitator.
 */
export async function measurePayments(workerd: Workerd, chain: ChainDoor, owner: Tenant, many: readonly Tenant[]): Promise<Payments> {
  const api = openApi(workerd.origins.api, owner.apiKey);
  const { id } = await api.call("POST", "/v1/agents", Made, { externalId: "paid", name: "Paid", isPublic: true });
  const path = `/v1/agents/${id}/score`;
  const url = `${workerd.origins.api}${path}`;
  const payers = chain.privateKeys.map((privateKey) => newPayer(privateKey));
  const calls = await timeCalls(url, chain, owner, payers);
  const { crowd, headers } = await payAtOnce(url, chain, payers);
  return { calls, crowd, rates: await measureRates(workerd, path, headers, many) };
}

async function timeCalls(url: string, chain: ChainDoor, { apiKey }: Tenant, payers: readonly Payer[]): Promise<Payments["calls"]> {
  const durations = { free: new Array<number>(), paid: new Array<number>(), resent: new Array<number>(), facilitator: new Array<number>() };
  const required = await challengeOf(url);
  let number = 0;
  const newPayment = (): ReturnType<typeof sign> => sign(someone(payers, number++), required);
  let last = await newPayment();
  const ask: Record<keyof typeof durations, () => Promise<() => Promise<unknown>>> = {
    free: async () => () => demand(url, { authorization: `Bearer ${apiKey}` }),
    paid: async () => {
      last = await newPayment();
      return () => demand(url, { "payment-signature": last.header });
    },
    resent: async () => () => demand(url, { "payment-signature": last.header }),
    facilitator: async () => {
      const payment = await newPayment();
      return () => settleDirectly(chain, payment);
    },
  };
  const sides = ["free", "facilitator", "paid", "resent"] as const;
  for (const side of sides) for (let warm = 0; warm < 5; warm += 1) await (await ask[side]())();
  await takeTurns(sides, turns, async (side) => {
    const run = await ask[side]();
    const startedAt = performance.now();
    await run();
    durations[side].push(performance.now() - startedAt);
  });
  return durations;
}

function someone(payers: readonly Payer[], number: number): Payer {
  const payer = payers[number % payers.length];
  if (payer === undefined) throw new Error("nobody can pay");
  return payer;
}

async function demand(url: string, headers: Record<string, string>): Promise<void> {
  const response = await fetch(url, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} was answered with ${response.status}: ${text}`);
}

/** Everyone pays at once, and each for himself; then the same number of payments, by the facilitator alone. */
async function payAtOnce(url: string, chain: ChainDoor, payers: readonly Payer[]): Promise<{ crowd: Crowd; headers: string[] }> {
  const required = await challengeOf(url);
  const price = BigInt(required.accepts[0]?.amount ?? 0);
  const signed = await Promise.all(payers.map((payer) => sign(payer, required)));
  const balances = async (): Promise<bigint[]> =>
    Promise.all([balanceAt(chain), ...payers.map(({ address }) => balanceAt(chain, address))]);
  const before = await balances();
  const startedAt = performance.now();
  const statuses = await Promise.all(signed.map(({ header }) => statusOf(url, header)));
  const totalMs = performance.now() - startedAt;
  const after = await balances();
  const paid = statuses.filter((status) => status === 200).length;
  const due = [price * BigInt(payers.length), ...payers.map(() => -price)];
  const wrongBalances = due.filter((amount, index) => (after[index] ?? 0n) - (before[index] ?? 0n) !== amount).length;
  const others = await Promise.all(payers.map((payer) => sign(payer, required)));
  const directlyAt = performance.now();
  await Promise.all(others.map((payment) => settleDirectly(chain, payment)));
  const facilitatorMs = performance.now() - directlyAt;
  const headers = signed.filter((_, index) => statuses[index] === 200).map(({ header }) => header);
  return { crowd: { payers: payers.length, paid, totalMs, facilitatorMs, wrongBalances }, headers };
}

async function statusOf(url: string, header: string): Promise<number> {
  const response = await fetch(url, { headers: { "payment-signature": header } });
  await response.text();
  return response.status;
}

/** What needs neither chain nor facilitator, beside the read with a key; the keys are of many organizations, so that no plan's limit is met. */
async function measureRates(workerd: Workerd, path: string, paid: readonly string[], many: readonly Tenant[]): Promise<Payments["rates"]> {
  const free = runner(
    workerd.origins.api,
    many.map(({ agentId, apiKey }) => ({ path: `/v1/agents/${agentId}/score`, headers: { authorization: `Bearer ${apiKey}` } })),
  );
  const challenge = { ...runner(workerd.origins.api, [{ path }]), expected: 402 };
  const resent = runner(
    workerd.origins.api,
    paid.map((header) => ({ path, headers: { "payment-signature": header } })),
  );
  await race(workerd, [free, challenge, resent], { connections: 8, rounds: 5, seconds: 1 });
  return {
    free: together(free),
    challenge: together(challenge),
    resent: together(resent),
    challengeRatio: ratioOf(challenge, free),
    resentRatio: ratioOf(resent, free),
  };
}
