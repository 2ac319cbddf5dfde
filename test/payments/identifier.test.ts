import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  endWorld,
  identifierOf,
  lease,
  newPayment,
  newWallet,
  objectOf,
  present,
  request,
  standIn,
  standStill,
  type World,
} from "./world.ts";

let world: World;
beforeEach(() => {
  world = standIn();
  standStill();
});
afterEach(endWorld);

const identifier = "order-2026-11-22-000001";

describe("a payer's own identifier", () => {
  it("names one payment of the payer's: another one is refused before it is asked for, the same goes on", async () => {
    const wallet = newWallet();
    const [first, second] = [await newPayment({ identifier }, wallet), await newPayment({ identifier }, wallet)];
    await lease(first);
    expect(await present(second)).toMatchObject({ kind: "refused", code: "payment_identifier_conflict", reason: "identifier_taken" });
    await evictDurableObject(await identifierOf(first));
    await evictDurableObject(await objectOf(first));
    expect(await present(second)).toMatchObject({ kind: "refused", code: "payment_identifier_conflict" });
    expect(world.settled).toEqual([first.nonce]);
    const [another] = [await newPayment({ identifier })];
    expect((await present(another)).kind).toBe("deliver");
  });

  it("is taken by one of two that come at once", async () => {
    const wallet = newWallet();
    const payments = await Promise.all([1, 2, 3].map(() => newPayment({ identifier }, wallet)));
    const kinds = (await Promise.all(payments.map((payment) => present(payment)))).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(["deliver", "refused", "refused"]);
    expect(world.settled).toHaveLength(1);
  });

  it("comes free where its payment was never taken and never will be, and not before", async () => {
    const wallet = newWallet();
    const [first, second] = [await newPayment({ identifier }, wallet), await newPayment({ identifier }, wallet)];
    world.onSettle = () => Response.json({ success: false, errorReason: "no gas", transaction: "" });
    expect((await present(first)).kind).toBe("pending");
    expect(await present(second)).toMatchObject({ code: "payment_identifier_conflict" });
    world.chain.cancel(first);
    expect(await present(first)).toMatchObject({ kind: "refused", reason: "cancelled" });
    world.onSettle = (settle) => Response.json(settle());
    expect((await present(second)).kind).toBe("deliver");
    expect(await present(first, request())).toMatchObject({ kind: "refused", reason: "cancelled" });
  });

  it("is kept as long as its payment is remembered", async () => {
    const payment = await newPayment({ identifier });
    await lease(payment);
    const index = await identifierOf(payment);
    expect(await runDurableObjectAlarm(index)).toBe(true);
    expect(await runInDurableObject(index, (_object, { storage }) => storage.kv.get("holder"))).toBeDefined();
    await runInDurableObject(await objectOf(payment), (_object, { storage }) => storage.deleteAll());
    await evictDurableObject(await objectOf(payment));
    expect(await runDurableObjectAlarm(index)).toBe(true);
    expect(await runInDurableObject(index, (_object, { storage }) => storage.kv.get("holder"))).toBeUndefined();
  });
});
