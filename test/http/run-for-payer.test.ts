import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/platform/ids.ts";
import { failDatabase, offerPanel, roundTrips } from "../support/harness.ts";
import { askUntilCutOff, callApi, createOrganization, type Answer } from "../support/organization.ts";
import { askPrice, balanceOf, decoded, newPayer, pay, sendPayment, sign } from "../support/payments.ts";
import { openPanel } from "../features/judge-panels/panel-world.ts";
import { agentOf, publicAgent, scoreOf } from "./payable-agent.ts";

const price = 1_000;
const funds = 1_000_000;

describe("a call of a payable operation without any credential", () => {
  it("is told what to pay, in one round trip and without asking anybody", async () => {
    const agentId = await publicAgent();
    const answer = await askPrice(await newPayer(), scoreOf(agentId));
    expect([answer.status, answer.body.code]).toEqual([402, "payment_required"]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.body.detail).toContain("PAYMENT-REQUIRED");
    expect(await roundTrips(answer.requestId)).toBe(1);
    const [network] = JSON.parse(env.X402_NETWORKS);
    expect(decoded(answer.headers.get("payment-required"))).toMatchObject({
      x402Version: 2,
      error: "payment_required",
      resource: { url: `https://api.armalo.test/v1/agents/${agentId}/score`, mimeType: "application/json" },
      accepts: [
        {
          scheme: "exact",
          network: "eip155:84532",
          amount: "1000",
          asset: network.asset,
          payTo: network.payTo,
          maxTimeoutSeconds: 300,
          extra: { name: "USDC", version: "2" },
        },
      ],
      extensions: { "payment-identifier": { info: { required: false } } },
    });
  });

  it("names the resource by the installation's own origin, whatever host the caller names", async () => {
    const agentId = await publicAgent();
    const { headers } = await newPayer();
    const answer = await callApi("GET", `https://evil.example${scoreOf(agentId).path}`, undefined, { ...headers, host: "evil.example" });
    expect(decoded(answer.headers.get("payment-required")).resource.url).toBe(`https://api.armalo.test${scoreOf(agentId).path}`);
  });

  it("finds nothing to pay for where the agent is private or was never there, each alike, and whatever is paid", async () => {
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, scoreOf(await publicAgent())));
    const hidden = scoreOf(await agentOf(await createOrganization(), false));
    const unknown = scoreOf(newId("agent"));
    const answers = [];
    for (const request of [hidden, unknown]) {
      answers.push(await askPrice(payer, request), await sendPayment(payer, request, header));
      answers.push(
        await sendPayment(
          payer,
          request,
          tampered(header, (payload) => void (payload.accepted.amount = "1")),
        ),
      );
    }
    const [first] = answers.map(({ text, requestId }) => text.replaceAll(requestId, ""));
    for (const answer of answers) {
      expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
      expect(answer.text.replaceAll(answer.requestId, "")).toBe(first);
      for (const name of ["payment-required", "payment-response", "x-payment-id"]) expect(answer.headers.get(name)).toBeNull();
    }
    expect(await balanceOf(payer)).toBe(funds);
    expect((await askPrice(payer, { path: "/v1/agents/nonsense/score" })).status).toBe(400);
  });

  it("meets the flood guard, and leaves whoever pays as many calls again", async () => {
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, scoreOf(await publicAgent())));
    const isRefused = ({ status }: Answer) => status !== 404;
    const asked = await askUntilCutOff(() => askPrice(payer, scoreOf(newId("agent"))), isRefused);
    expect([asked.at(-1)?.status, asked.at(-1)?.body.code]).toEqual([429, "rate_limited"]);
    const paid = await askUntilCutOff(() => sendPayment(payer, scoreOf(newId("agent")), header), isRefused);
    expect(paid[0]?.status).toBe(404);
    expect([paid.at(-1)?.status, paid.at(-1)?.body.code]).toEqual([429, "rate_limited"]);
  });
});

// oxlint-disable-next-line typescript/no-explicit-any -- a test changes whatever it likes
const tampered = (header: string, change: (payload: any) => void): string => {
  const payload = decoded(header);
  change(payload);
  return btoa(JSON.stringify(payload));
};

describe("a paid call", () => {
  it("answers what was paid for in one round trip, says what was settled, and gives the same bytes to the same payment", async () => {
    const agentId = await publicAgent();
    const payer = await newPayer();
    const answer = await pay(payer, scoreOf(agentId));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ agentId, status: "insufficient_evidence" });
    expect(await roundTrips(answer.requestId)).toBe(1);
    expect(decoded(answer.headers.get("payment-response"))).toMatchObject({
      success: true,
      network: "eip155:84532",
      payer: payer.address.toLowerCase(),
    });
    const id = answer.headers.get("x-payment-id");
    expect(id).toMatch(/^pay_[0-9A-Za-z]{54}$/);
    const again = await sendPayment(payer, scoreOf(agentId), answer.header);
    expect([again.status, again.text, again.headers.get("x-payment-id")]).toEqual([200, answer.text, id]);
    expect(decoded(again.headers.get("payment-response"))).toEqual(decoded(answer.headers.get("payment-response")));
    expect(await balanceOf(payer)).toBe(funds - price);
  });

  it("still gets its answer after the agent went private", async () => {
    const org = await createOrganization();
    const agentId = await agentOf(org, true);
    const payer = await newPayer();
    const answer = await pay(payer, scoreOf(agentId));
    expect((await org.call("PATCH", `/v1/agents/${agentId}`, { isPublic: false })).status).toBe(200);
    expect((await sendPayment(payer, scoreOf(agentId), answer.header)).text).toBe(answer.text);
    expect((await askPrice(payer, scoreOf(agentId))).status).toBe(404);
  });

  it("is bound to its URL and to its body", async () => {
    const org = await createOrganization();
    const [one, other] = [await agentOf(org, true), await agentOf(org, true)];
    const payer = await newPayer();
    const { header } = await pay(payer, scoreOf(one));
    const moved = await sendPayment(payer, scoreOf(other), header);
    expect([moved.status, moved.body.code]).toEqual([409, "payment_mismatch"]);
    expect(moved.headers.get("x-payment-id")).toMatch(/^pay_/);
    expect(await balanceOf(payer)).toBe(funds - price);
    const pact = await org.call("POST", "/v1/pacts", { agentId: one, name: "Promise", conditions: [fast] });
    await org.call("POST", `/v1/pacts/${pact.body.id}/activate`);
    const check = (latencyMs: number) => ({ method: "POST", path: `/v1/pacts/${pact.body.id}/verify`, body: { latencyMs } });
    const paid = await pay(payer, check(1));
    expect(paid.status, paid.text).toBe(200);
    const changed = await sendPayment(payer, check(2), paid.header);
    expect([changed.status, changed.body.code]).toEqual([409, "payment_mismatch"]);
    expect(await balanceOf(payer)).toBe(funds - 3 * price);
  });

  it("is whose header it is: what the chain shows of it gets neither the answer nor the payment's name", async () => {
    const request = scoreOf(await publicAgent());
    const paid = await pay(await newPayer(), request);
    expect(paid.status, paid.text).toBe(200);
    const onlooker = await newPayer();
    const { resource, accepts, extensions } = decoded((await askPrice(onlooker, request)).headers.get("payment-required"));
    const { payload } = decoded(paid.header);
    const rebuilt = { x402Version: 2, payload, resource, accepted: accepts[0], extensions };
    for (const one of [rebuilt, { ...rebuilt, extensions: undefined }]) {
      const answer = await sendPayment(onlooker, request, btoa(JSON.stringify(one)));
      expect([answer.status, answer.body.code], answer.text).toEqual([409, "payment_mismatch"]);
      for (const name of ["payment-required", "payment-response", "x-payment-id"]) expect(answer.headers.get(name)).toBeNull();
    }
    expect((await sendPayment(onlooker, request, paid.header)).text).toBe(paid.text);
  });

  it("is refused with the price again, and takes nothing, where the payment is not what was asked for", async () => {
    const request = scoreOf(await publicAgent());
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, request));
    const changes = {
      "another amount": tampered(header, ({ accepted, payload }) => {
        accepted.amount = "1";
        payload.authorization.value = "1";
      }),
      "another receiver": tampered(header, ({ accepted }) => void (accepted.payTo = `0x${"11".repeat(20)}`)),
      "another network": tampered(header, ({ accepted }) => void (accepted.network = "eip155:1")),
      "another asset": tampered(header, ({ accepted }) => void (accepted.asset = `0x${"11".repeat(20)}`)),
      "another payer": tampered(header, ({ payload }) => void (payload.authorization.from = `0x${"11".repeat(20)}`)),
      "a longer life": tampered(header, ({ payload }) => void (payload.authorization.validBefore = "99999999999")),
    };
    for (const [what, changed] of Object.entries(changes)) {
      const answer = await sendPayment(payer, request, changed);
      expect([answer.status, answer.body.code], what).toEqual([402, "payment_refused"]);
      expect(decoded(answer.headers.get("payment-required")).error, what).toMatch(/^(no_match|bad_signature)$/);
    }
    expect(await balanceOf(payer)).toBe(funds);
  });

  it("is refused where its payer has too little, with the price and a settlement that failed", async () => {
    const payer = await newPayer(1);
    const answer = await pay(payer, scoreOf(await publicAgent()));
    expect([answer.status, answer.body.code]).toEqual([402, "payment_refused"]);
    expect(decoded(answer.headers.get("payment-required")).accepts).toHaveLength(1);
    expect(decoded(answer.headers.get("payment-response"))).toMatchObject({ success: false, transaction: "" });
    expect(await balanceOf(payer)).toBe(1);
  });

  it.each([
    ["no base64", "garbage!"],
    ["no JSON", "AAAA"],
    ["empty", btoa("{}")],
    ["of another version", btoa('{"x402Version":1}')],
    ["longer than any", "A".repeat(20_000)],
  ])("is not a valid request with a payment that is %s", async (_, header) => {
    const answer = await sendPayment(await newPayer(), scoreOf(await publicAgent()), header);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_request"]);
    expect(answer.body.errors).toEqual([{ path: "headers.PAYMENT-SIGNATURE", message: expect.any(String) }]);
  });

  it("that asks for the head alone gets the whole answer with the same payment", async () => {
    const request = scoreOf(await publicAgent());
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, request));
    expect((await sendPayment(payer, { ...request, method: "HEAD" }, header)).status).toBe(200);
    const answer = await sendPayment(payer, request, header);
    expect([answer.status, answer.body.status]).toEqual([200, "insufficient_evidence"]);
    expect(await balanceOf(payer)).toBe(funds - price);
  });

  it("whose delivery fails after it was settled leaves a credit, which the same payment redeems", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, ["pass", "pass", "fail"]);
    await offerPanel(panelId);
    const request = { method: "POST", path: `/v1/judge-panels/${panelId}/ask`, body: { rubric: "It is polite.", answer: "Please." } };
    const payer = await newPayer();
    const header = await sign(payer, await askPrice(payer, request));
    // The quote is read for nobody: only the delivery enters this organization by name.
    await failDatabase(org.orgId, "down", 1);
    const failed = await sendPayment(payer, request, header);
    expect([failed.status, failed.body.code], failed.text).toEqual([503, "payment_credited"]);
    expect(failed.headers.get("retry-after")).not.toBeNull();
    expect(decoded(failed.headers.get("payment-response"))).toMatchObject({ success: true });
    const id = failed.headers.get("x-payment-id");
    const redeemed = await sendPayment(payer, request, header);
    expect(redeemed.status, redeemed.text).toBe(200);
    expect(redeemed.body).toMatchObject({ verdict: "pass" });
    expect(redeemed.headers.get("x-payment-id")).toBe(id);
    expect(await balanceOf(payer)).toBe(funds - 10 * price);
  });

  it("can be made by scripts of any origin, which see what they must pay and what they paid", async () => {
    const request = scoreOf(await publicAgent());
    const payer = await newPayer();
    const challenge = await askPrice(payer, request);
    const paid = await sendPayment(payer, request, await sign(payer, challenge));
    for (const { headers } of [challenge, paid]) {
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-expose-headers")).toContain("PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-Payment-Id");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
    }
  });
});

const fast = { id: "fast", type: "latency_ms", operator: "lt", value: 1000, unit: "ms", severity: "major" };
