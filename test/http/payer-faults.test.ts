import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { buildApp } from "../../src/app.ts";
import { parseEnvironment, type Environment } from "../../src/env.ts";
import { answerRequest } from "../../src/http/answer-request.ts";
import type { Price } from "../../src/payments/prices.ts";
import { operations } from "../../src/operations.ts";
import { openPanel } from "../features/judge-panels/panel-world.ts";
import { failDatabase, offerPanel } from "../support/harness.ts";
import { createOrganization } from "../support/organization.ts";
import { askPrice, balanceOf, decoded, newPayer, pay, sendPayment, sign } from "../support/payments.ts";
import { publicAgent, scoreOf } from "./payable-agent.ts";

const funds = 1_000_000;
type Objects = Environment["bindings"]["SETTLEMENT"];

/** The Worker's answer where the payments' objects are what a test makes of them. */
async function answerWith(change: (real: Objects) => object, path: string, header: string): Promise<Response> {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error(parsed.missing.join());
  const real = parsed.env.bindings.SETTLEMENT;
  const bindings = { ...parsed.env.bindings, SETTLEMENT: change(real) as Objects };
  const request = new Request(`https://api.armalo.test${path}`, { headers: { "payment-signature": header } });
  return answerRequest(buildApp(operations), request, { ok: true, env: { ...parsed.env, bindings } }, () => undefined);
}

const lost = (): never => {
  throw new Error("the object is gone");
};

describe("a payment whose object", () => {
  it("cannot be reached is not refused: nobody knows whether it was taken, so the same one is to be sent again", async () => {
    const { path } = scoreOf(await publicAgent());
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, { path }));
    const unreachable = (real: Objects) => ({ idFromName: real.idFromName.bind(real), get: () => ({ present: lost }) });
    const answer = await answerWith(unreachable, path, header);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).not.toBeNull();
    expect(answer.headers.get("payment-required")).toBeNull();
    expect(await answer.json()).toMatchObject({ code: "payment_pending", detail: expect.stringContaining("same `PAYMENT-SIGNATURE`") });
    expect((await sendPayment(payer, { path }, header)).status).toBe(200);
    expect(await balanceOf(payer)).toBe(funds - 1_000);
  });

  it("dies before it has the answer gets no answer from us either, and says that it was settled", async () => {
    const { path } = scoreOf(await publicAgent());
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, { path }));
    const dying = (real: Objects) => ({
      idFromName: real.idFromName.bind(real),
      get: (id: DurableObjectId) => {
        const stub = real.get(id);
        return { present: (presented: Parameters<typeof stub.present>[0]) => stub.present(presented), end: lost };
      },
    });
    const answer = await answerWith(dying, path, header);
    expect([answer.status, (await answer.json<{ code: string }>()).code]).toEqual([503, "payment_pending"]);
    expect(decoded(answer.headers.get("payment-response"))).toMatchObject({ success: true });
    expect(answer.headers.get("x-payment-id")).toMatch(/^pay_/);
    expect(await balanceOf(payer)).toBe(funds - 1_000);
  });
});

describe("a price that has changed", () => {
  const priced = (price: Price) =>
    buildApp(operations.map((one) => (one.access.mode === "payable" ? { ...one, access: { ...one.access, price } } : one)));
  async function sendAt(price: Price, path: string, header: string): Promise<Response> {
    const request = new Request(`https://api.armalo.test${path}`, { headers: { "payment-signature": header } });
    return answerRequest(priced(price), request, parseEnvironment(env), () => undefined);
  }

  it("takes nothing from who has paid before, and is what everybody else pays", async () => {
    const { path } = scoreOf(await publicAgent());
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, { path }));
    const early = await sendAt("0.002", path, header);
    expect([early.status, (await early.json<{ code: string }>()).code]).toEqual([402, "payment_refused"]);
    const { accepts, error } = decoded(early.headers.get("payment-required"));
    expect([accepts[0].amount, error]).toEqual(["2000", "no_match"]);
    expect(await balanceOf(payer)).toBe(funds);
    const paid = await sendPayment(payer, { path }, header);
    expect(paid.status).toBe(200);
    const again = await sendAt("0.002", path, header);
    expect([again.status, await again.text()]).toEqual([200, paid.text]);
    expect(await balanceOf(payer)).toBe(funds - 1_000);
  });

  it("leaves a credit what it is", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, ["pass", "pass", "pass"]);
    await offerPanel(panelId);
    const request = { method: "POST", path: `/v1/judge-panels/${panelId}/ask`, body: { rubric: "It is polite.", answer: "Please." } };
    const payer = await newPayer();
    await failDatabase(org.orgId, "down", 1);
    const credited = await pay(payer, request);
    expect(credited.body.code).toBe("payment_credited");
    const sent = new Request(`https://api.armalo.test${request.path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "payment-signature": credited.header },
      body: JSON.stringify(request.body),
    });
    const redeemed = await answerRequest(priced("0.02"), sent, parseEnvironment(env), () => undefined);
    expect([redeemed.status, (await redeemed.json<{ verdict: string }>()).verdict]).toEqual([200, "pass"]);
    expect(await balanceOf(payer)).toBe(funds - 10_000);
  });
});

describe("a receiver that has changed", () => {
  it("takes nothing from who has paid before, and gets what everybody else pays", async () => {
    const parsed = parseEnvironment(env);
    if (!parsed.ok || parsed.env.payments === undefined) throw new Error("the tests take payments");
    const payTo = `0x${"11".repeat(20)}` as const;
    const payments = { ...parsed.env.payments, networks: parsed.env.payments.networks.map((network) => ({ ...network, payTo })) };
    const { path } = scoreOf(await publicAgent());
    const sendNow = async (header: string): Promise<Response> => {
      const request = new Request(`https://api.armalo.test${path}`, { headers: { "payment-signature": header } });
      return answerRequest(buildApp(operations), request, { ok: true, env: { ...parsed.env, payments } }, () => undefined);
    };
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, { path }));
    const early = await sendNow(header);
    expect([early.status, decoded(early.headers.get("payment-required")).accepts[0].payTo]).toEqual([402, payTo]);
    const paid = await sendPayment(payer, { path }, header);
    expect(paid.status, paid.text).toBe(200);
    const again = await sendNow(header);
    expect([again.status, await again.text()]).toEqual([200, paid.text]);
    expect(await balanceOf(payer)).toBe(funds - 1_000);
  });
});

describe("a database that is down", () => {
  it("has nothing taken, and nothing asked for", async () => {
    const parsed = parseEnvironment(env);
    if (!parsed.ok) throw new Error(parsed.missing.join());
    const down = { ...parsed.env, databaseUrl: parsed.env.databaseUrl.replace(/:[^:@/]+@/, ":none@") };
    const { path } = scoreOf(await publicAgent());
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, { path }));
    for (const headers of [{}, { "payment-signature": header }]) {
      const request = new Request(`https://api.armalo.test${path}`, { headers });
      const answer = await answerRequest(buildApp(operations), request, { ok: true, env: down }, () => undefined);
      expect([answer.status, (await answer.json<{ code: string }>()).code]).toEqual([503, "unavailable"]);
      expect(answer.headers.get("payment-required")).toBeNull();
      expect(answer.headers.get("payment-response")).toBeNull();
    }
    expect(await balanceOf(payer)).toBe(funds);
    expect((await sendPayment(payer, { path }, header)).status).toBe(200);
  });
});
