import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { payingFetch } from "../../../src/local/chain/payer.ts";
import { receiver } from "../../../src/local/chain/network.ts";
import { findWallet, keepWallet } from "../../../src/local/chain/wallet.ts";
import { payOnce } from "../../../src/local/quickstart/pay-once.ts";
import { Visitor } from "./pay.ts";
import { earned, expectSold, newCustomer, newScore, priceOfScore } from "./shop.ts";
import type { PaidWorld } from "./world.ts";

export const sales = (open: () => PaidWorld) =>
  describe("a caller without an account", () => {
    it("is told the price in under 3 KB", async () => {
      const [world, visitor] = [open(), new Visitor(open())];
      const score = await newScore(world);
      const answer = await visitor.call(score);
      expect(answer).toMatchObject({ status: 402, code: "payment_required", paymentId: null, settlement: undefined });
      expect(answer.headers.get("payment-required")?.length).toBeLessThan(3000);
      const { accepts, resource } = await visitor.challenge(score);
      expect(accepts).toEqual([expect.objectContaining({ amount: String(priceOfScore), payTo: receiver })]);
      expect(resource.url).toBe(world.url + score.path);
    });

    it("pays with x402's own client and gets what a key would have got, once for the price", async () => {
      const world = open();
      const [score, customer] = [await newScore(world), await newCustomer(world)];
      const before = await earned(world);
      const response = await payingFetch(customer)(world.url + score.path);
      const text = await response.text();
      expect(response.status, text).toBe(200);
      expect(response.headers.get("cache-control")).toMatch(/private|no-store/);
      expect(await customer.spent()).toBe(priceOfScore);
      expect((await earned(world)) - before).toBe(priceOfScore);
      const withKey = await fetch(world.url + score.path, { headers: { authorization: `Bearer ${world.apiKey}` } });
      const volatile = /"(computedAt|asOf)":"[^"]*"/g;
      expect(text.replaceAll(volatile, "")).toBe((await withKey.text()).replaceAll(volatile, ""));
    });

    it("pays at the terminal with npm run pay, and with the quickstart's step", async () => {
      const world = open();
      const [score, customer] = [await newScore(world), await newCustomer(world)];
      const folder = await mkdtemp(join(tmpdir(), "armalo-pay-"));
      await keepWallet(folder, { rpcUrl: world.chain.rpcUrl, privateKey: customer.privateKey });
      const script = fileURLToPath(new URL("../../../src/local/pay.ts", import.meta.url).href);
      const env = { ...process.env, ARMALO_DATA_DIR: folder };
      const { stdout } = await promisify(execFile)(process.execPath, [script, world.url + score.path], { env });
      expect(stdout).toMatch(/"status":"insufficient_evidence".*status +200\n.*pay_\w+\n.*"success":true.*0\.001 USDC, 0\.009 USDC left/s);

      const said: string[] = [];
      const [, , , agentId = ""] = score.path.split("/");
      const wallet = await findWallet(folder);
      await payOnce({ url: world.url, agentId, say: (line) => said.push(line) }, wallet);
      expect(said.join("\n")).toMatch(/^A caller without a key .* paid 0\.001 USDC on the local chain \(pay_\w+\)\.\n$/);
      await payOnce({ url: world.url, agentId: "agt_unknown", say: (line) => said.push(line) }, wallet);
      expect(said.at(-1)).toContain("was answered with 4");
      expect(await customer.spent()).toBe(2n * priceOfScore);
      await rm(folder, { recursive: true, force: true });
    });

    it("pays nothing with a key, and may not bring both", async () => {
      const [world, visitor] = [open(), new Visitor(open())];
      const [score, customer] = [await newScore(world), await newCustomer(world)];
      const authorization = `Bearer ${world.apiKey}`;
      expect(await visitor.call(score, { authorization })).toMatchObject({ status: 200, settlement: undefined, paymentId: null });
      const header = await visitor.sign(customer, score);
      const both = await visitor.call(score, { authorization, "payment-signature": header });
      expect(both).toMatchObject({ status: 400, code: "credential_conflict" });
      expect(await customer.spent()).toBe(0n);
    });

    it("is asked for nothing where there is nothing to sell, even with a payment in hand", async () => {
      const [world, visitor] = [open(), new Visitor(open())];
      const [sold, hidden, customer] = [await newScore(world), await newScore(world, false), await newCustomer(world)];
      const header = await visitor.sign(customer, sold);
      for (const nothing of [hidden, { path: sold.path.replace(/agt_.{6}/, "agt_zzzzzz") }]) {
        expect(await visitor.call(nothing)).toMatchObject({ status: 404 });
        const answer = await visitor.send(nothing, header);
        expect([404, 409], answer.text).toContain(answer.status);
        expect(answer.settlement).toBeUndefined();
      }
      expect(await customer.spent()).toBe(0n);
      await expectSold(world, await visitor.send(sold, header));
    });

    it("is one of thirty who pay at once, and each gets it for the price", async () => {
      const world = open();
      const score = await newScore(world);
      const customers = await Promise.all(Array.from({ length: 30 }, () => newCustomer(world, priceOfScore)));
      const headers = await Promise.all(customers.map((customer) => new Visitor(world).sign(customer, score)));
      const before = await earned(world);
      const answers = await Promise.all(headers.map((header) => new Visitor(world).send(score, header)));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200));
      for (const answer of answers) await expectSold(world, answer);
      expect(new Set(answers.map(({ settlement }) => settlement?.transaction)).size).toBe(30);
      expect(await Promise.all(customers.map(({ spent }) => spent()))).toEqual(customers.map(() => priceOfScore));
      expect((await earned(world)) - before).toBe(30n * priceOfScore);
    });
  });
