import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { egressFetch, failureIsOurs, newNameCache, type EgressEnvironment } from "../../../src/platform/egress.ts";

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  vi.unstubAllGlobals();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const localEnv = (dohUrl = "http://127.0.0.1:9/dns-query"): EgressEnvironment => ({
  egress: "local",
  publicOrigin: "http://127.0.0.1:8787",
  databaseUrl: "postgres://app:secret@127.0.0.1:5433/armalo",
  dohUrl,
});
const publicEnv = (dohUrl: string): EgressEnvironment => ({ ...localEnv(dohUrl), egress: "public", publicOrigin: "https://api.armalo.ai" });
const get = (url: string) => ({ url, method: "GET" as const });

/** A DNS-over-HTTPS resolver that answers each record type with these addresses. */
const resolver = (addresses: { A?: readonly string[]; AAAA?: readonly string[] }, status = 0): Promise<string> =>
  serve((request, response) => {
    const type = new URL(request.url ?? "/", "http://x").searchParams.get("type") === "A" ? "A" : "AAAA";
    const Answer = (addresses[type] ?? []).map((data) => ({ name: "agent.acme.com", type: type === "A" ? 1 : 28, TTL: 60, data }));
    response.setHeader("content-type", "application/dns-json");
    response.end(
      JSON.stringify({
        Status: status,
        TC: false,
        Answer: [{ name: "agent.acme.com", type: 5, TTL: 60, data: "cdn.acme.com." }, ...Answer],
      }),
    );
  });

describe("egressFetch, to an endpoint that misbehaves", () => {
  it("answers whatever status the endpoint gives, with its whole body", async () => {
    const url = await serve((request, response) => {
      response.statusCode = 500;
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => response.end(`${request.method} ${String(request.headers["x-key"])} ${body}`));
    });
    const result = await egressFetch(localEnv(), { url, method: "POST", headers: { "x-key": "k" }, body: "hello" }, { timeoutMs: 2000 });
    expect(result).toMatchObject({ ok: true, status: 500 });
    expect(result.ok && new TextDecoder().decode(result.body)).toBe("POST k hello");
  });

  it("gives up on an endpoint that never answers", async () => {
    const result = await egressFetch(localEnv(), get(await serve(() => undefined)), { timeoutMs: 150 });
    expect(result).toMatchObject({ ok: false, reason: "timeout" });
    expect(result.latencyMs).toBeGreaterThanOrEqual(140);
  });

  it("gives up on an endpoint whose body never ends, however slowly it drips", async () => {
    const url = await serve((_, response) => {
      const drip = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(drip));
    });
    expect(await egressFetch(localEnv(), get(url), { timeoutMs: 200 })).toMatchObject({ ok: false, reason: "timeout" });
  });

  it("stops reading a stream without end at the cap", async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(16_384, "x");
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.byteLength;
      };
      response.on("drain", pour);
      pour();
    });
    expect(await egressFetch(localEnv(), get(url), { timeoutMs: 5000 })).toMatchObject({ ok: false, reason: "too_large" });
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it("accepts a body of exactly the cap and refuses one byte more", async () => {
    const url = await serve((request, response) => response.end("x".repeat(Number(request.url?.slice(1)))));
    expect(await egressFetch(localEnv(), get(`${url}/262144`), { timeoutMs: 5000 })).toMatchObject({ ok: true });
    expect(await egressFetch(localEnv(), get(`${url}/262145`), { timeoutMs: 5000 })).toMatchObject({ ok: false, reason: "too_large" });
    expect(await egressFetch(localEnv(), get(`${url}/11`), { timeoutMs: 5000, maxBytes: 10 })).toMatchObject({
      ok: false,
      reason: "too_large",
    });
  });

  it("does not follow a redirect, not even to an address that it may call", async () => {
    let reached = false;
    const target = await serve((_, response) => {
      reached = true;
      response.end();
    });
    const url = await serve((_, response) => response.writeHead(302, { location: target }).end());
    expect(await egressFetch(localEnv(), get(url), { timeoutMs: 2000 })).toMatchObject({ ok: false, reason: "redirect" });
    expect(reached).toBe(false);
  });

  it("reports a connection that cannot be made or is cut", async () => {
    const cut = await serve((request) => request.socket.destroy());
    expect(await egressFetch(localEnv(), get(cut), { timeoutMs: 2000 })).toMatchObject({ ok: false, reason: "network" });
    expect(await egressFetch(localEnv(), get("http://127.0.0.1:9"), { timeoutMs: 2000 })).toMatchObject({ ok: false, reason: "network" });
  });

  it("never quotes a header in the detail of a failure", async () => {
    const url = await serve((_, response) => response.end());
    const result = await egressFetch(localEnv(), { ...get(url), headers: { "x-key": "s3cret\n" } }, { timeoutMs: 2000 });
    expect(JSON.stringify(result)).not.toContain("s3cret");
  });
});

describe("egressFetch, by name", () => {
  const call = (env: EgressEnvironment, names = newNameCache()) =>
    egressFetch(env, get("https://agent.acme.com/run"), { timeoutMs: 2000 }, names);

  it("refuses a URL without looking anything up", async () => {
    let asked = 0;
    const doh = await serve((_, response) => response.end(String((asked += 1))));
    expect(await egressFetch(publicEnv(doh), get("https://169.254.169.254/"), { timeoutMs: 2000 })).toMatchObject({
      ok: false,
      reason: "refused_url",
      detail: "ip_literal",
    });
    expect(asked).toBe(0);
  });

  it.each([
    ["a private address", { A: ["10.0.0.5"] }],
    ["loopback", { A: ["127.0.0.1"] }],
    ["the metadata service", { A: ["169.254.169.254"] }],
    ["one private address among public ones", { A: ["93.184.216.34", "192.168.1.1"] }],
    ["a public IPv4 and a private IPv6", { A: ["93.184.216.34"], AAAA: ["fd00::1"] }],
    ["an IPv4-mapped private address", { AAAA: ["::ffff:10.0.0.5"] }],
    ["no address at all", {}],
  ])("refuses a name that resolves to %s", async (_, addresses) => {
    expect(await call(publicEnv(await resolver(addresses)))).toMatchObject({ ok: false, reason: "dns_refused" });
  });

  it("tells a name that does not exist from a resolver that fails", async () => {
    expect(await call(publicEnv(await resolver({}, 3)))).toMatchObject({ ok: false, reason: "dns_refused" });
    expect(await call(publicEnv(await resolver({ A: ["93.184.216.34"] }, 2)))).toMatchObject({ ok: false, reason: "dns_unreachable" });
  });

  it.each([
    ["is not there", () => Promise.resolve("http://127.0.0.1:9")],
    ["answers an error", () => serve((_, response) => response.writeHead(500).end())],
    ["answers no DNS", () => serve((_, response) => response.end("<html>"))],
  ])("refuses where the resolver %s", async (_, start) => {
    expect(await call(publicEnv(await start()))).toMatchObject({ ok: false, reason: "dns_unreachable" });
  });

  it("refuses where only one of the two questions was answered", async () => {
    const doh = await serve((request, response) => {
      if (request.url?.includes("type=AAAA") === true) return void response.writeHead(503).end();
      response.end(JSON.stringify({ Status: 0, Answer: [{ type: 1, data: "93.184.216.34" }] }));
    });
    expect(await call(publicEnv(doh))).toMatchObject({ ok: false, reason: "dns_unreachable" });
  });

  it("calls a public name, and asks about it once a run", async () => {
    const doh = await resolver({ A: ["93.184.216.34"], AAAA: ["2606:2800:220:1::1"] });
    const real = globalThis.fetch;
    const called: string[] = [];
    vi.stubGlobal("fetch", (input: URL, init: RequestInit) => {
      called.push(input.origin);
      return input.hostname === "127.0.0.1" ? real(input, init) : Promise.resolve(new Response("hello"));
    });
    const names = newNameCache();
    expect(await call(publicEnv(doh), names)).toMatchObject({ ok: true, status: 200 });
    expect(await call(publicEnv(doh), names)).toMatchObject({ ok: true, status: 200 });
    expect(called.filter((origin) => origin === doh)).toHaveLength(2);
    expect(called.filter((origin) => origin === "https://agent.acme.com")).toHaveLength(2);
  });

  it("asks again after the resolver could not be reached", async () => {
    const names = newNameCache();
    expect(await call(publicEnv("http://127.0.0.1:9"), names)).toMatchObject({ reason: "dns_unreachable" });
    expect(await call(publicEnv(await resolver({ A: ["10.0.0.1"] })), names)).toMatchObject({ reason: "dns_refused" });
  });

  it("counts only what we refused ourselves as ours", () => {
    const reasons = ["refused_url", "dns_refused", "dns_unreachable", "timeout", "too_large", "redirect", "network"] as const;
    expect(reasons.filter(failureIsOurs)).toEqual(["refused_url", "dns_refused", "dns_unreachable"]);
  });
});
