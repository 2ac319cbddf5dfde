import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkUrl, isLocalEndpoint, mayForwardHeader, type EgressPolicy } from "../../src/platform/egress-url.ts";
import { isPublicAddress } from "../../src/platform/public-address.ts";

const onTheInternet: EgressPolicy = {
  egress: "public",
  publicOrigin: "https://api.armalo.ai",
  databaseUrl: "postgres://armalo_app:secret@db.neon.tech/armalo",
};
const onOneMachine: EgressPolicy = {
  egress: "local",
  publicOrigin: "http://127.0.0.1:8787",
  databaseUrl: "postgres://armalo_app:secret@127.0.0.1:5433/armalo",
  databaseEndpoint: "http://127.0.0.1:5434/sql",
};

const refusedEverywhere: readonly (readonly [string, string])[] = [
  ["not a url", "not_a_url"],
  ["//agent.acme.com", "not_a_url"],
  [`https://agent.acme.com/${"a".repeat(2048)}`, "too_long"],
  ["http://agent.acme.com/", "not_https"],
  ["ftp://agent.acme.com/", "not_https"],
  ["file:///etc/passwd", "not_https"],
  ["javascript:alert(1)", "not_https"],
  ["https://agent.acme.com:8443/", "port_not_443"],
  ["https://agent.acme.com:80/", "port_not_443"],
  ["https://user:pass@agent.acme.com/", "user_info"],
  ["https://user@agent.acme.com/", "user_info"],
  ["https://8.8.8.8/", "ip_literal"],
  ["https://127.0.0.1/", "ip_literal"],
  ["https://127.1/", "ip_literal"],
  ["https://2130706433/", "ip_literal"],
  ["https://0x7f000001/", "ip_literal"],
  ["https://0x7f.1/", "ip_literal"],
  ["https://0177.0.0.1/", "ip_literal"],
  ["https://127.0.0.1./", "ip_literal"],
  ["https://１２７.０.０.１/", "ip_literal"],
  ["https://169.254.169.254/latest/meta-data/", "ip_literal"],
  ["https://100.64.0.1/", "ip_literal"],
  ["https://0/", "ip_literal"],
  ["https://[::1]/", "ip_literal"],
  ["https://[::]/", "ip_literal"],
  ["https://[::ffff:127.0.0.1]/", "ip_literal"],
  ["https://[::ffff:7f00:1]/", "ip_literal"],
  ["https://[64:ff9b::7f00:1]/", "ip_literal"],
  ["https://[fd00::1]/", "ip_literal"],
  ["https://[fe80::1]/", "ip_literal"],
  ["https://[2606:4700::1111]/", "ip_literal"],
  ["https://localhost/", "not_a_public_name"],
  ["https://LOCALHOST./", "not_a_public_name"],
  ["https://intranet/", "not_a_public_name"],
  ["https://db.internal/", "not_a_public_name"],
  ["https://printer.local/", "not_a_public_name"],
  ["https://metadata.google.internal./", "not_a_public_name"],
  ["https://localhost../", "not_a_public_name"],
  ["https://metadata.google.internal../", "not_a_public_name"],
  ["https://mine.workers.dev../", "not_a_public_name"],
  ["https://api.armalo.ai../", "not_a_public_name"],
  ["https://api.armalo.ai...", "not_a_public_name"],
  ["https://127.0.0.1../", "not_a_public_name"],
  ["https://agent.acme.com。。/", "not_a_public_name"],
  ["https://agent..acme.com/", "not_a_public_name"],
  ["https://.acme.com/", "not_a_public_name"],
  ["https://./", "not_a_public_name"],
  ["https://mine.workers.dev/", "workers_dev"],
  ["https://workers.dev/", "workers_dev"],
  ["https://MINE.Workers.Dev./", "workers_dev"],
];

describe("checkUrl", () => {
  it.each(refusedEverywhere)("refuses %s as %s", (url, reason) => {
    expect(checkUrl(url, onTheInternet)).toEqual({ ok: false, reason });
  });

  it.each(["https://api.armalo.ai/v1/agents", "https://API.armalo.ai./", "https://sub.api.armalo.ai/"])(
    "refuses our own host: %s",
    (url) => {
      expect(checkUrl(url, onTheInternet)).toEqual({ ok: false, reason: "own_host" });
    },
  );

  it.each([
    "https://agent.acme.com/run",
    "https://agent.acme.com./",
    "https://agent.acme.com:443/run?x=1",
    "https://münchen.de/",
    "https://notworkers.dev/",
  ])("allows %s", (url) => {
    expect(checkUrl(url, onTheInternet)).toMatchObject({ ok: true });
  });

  it("hands back the URL without its fragment", () => {
    const checked = checkUrl("https://agent.acme.com/run#here", onTheInternet);
    expect(checked.ok && checked.url.href).toBe("https://agent.acme.com/run");
  });

  it("allows loopback by address and port on one machine, and there only", () => {
    expect(checkUrl("http://127.0.0.1:4000/", onOneMachine)).toMatchObject({ ok: true });
    expect(checkUrl("http://127.0.0.1:4000/", onTheInternet)).toEqual({ ok: false, reason: "not_https" });
    expect(isLocalEndpoint(new URL("http://127.0.0.1:4000/"), onOneMachine)).toBe(true);
    expect(isLocalEndpoint(new URL("https://agent.acme.com/"), onOneMachine)).toBe(false);
  });

  it.each([
    ["http://127.0.0.1:5433/", "local_port_refused"],
    ["http://127.0.0.1:5434/sql", "local_port_refused"],
    ["http://2130706433:5434/sql", "local_port_refused"],
    ["http://127.0.0.1:8787/v1/agents", "local_port_refused"],
    ["http://127.0.0.2:4000/", "not_https"],
    ["http://localhost:4000/", "not_https"],
    ["http://[::1]:4000/", "not_https"],
    ["http://127.0.0.1/", "not_https"],
    ["https://127.0.0.1/", "ip_literal"],
    ["http://x@127.0.0.1:4000/", "user_info"],
    ["http://192.168.1.2:4000/", "not_https"],
  ])("still refuses %s on one machine, as %s", (url, reason) => {
    expect(checkUrl(url, onOneMachine)).toEqual({ ok: false, reason });
  });

  it("gives a host with an empty label no way around a rule", () => {
    const hosts = fc.constantFrom(
      "localhost",
      "db.internal",
      "mine.workers.dev",
      "api.armalo.ai",
      "sub.api.armalo.ai",
      "127.0.0.1",
      "agent.acme.com",
    );
    const dots = fc.integer({ min: 2, max: 5 }).map((count) => ".".repeat(count));
    fc.assert(
      fc.property(hosts, dots, fc.nat(30), (host, many, at) => {
        const place = host.indexOf(".", at);
        const doubled = place < 0 ? host + many : host.slice(0, place) + many + host.slice(place + 1);
        expect(checkUrl(`https://${doubled}/`, onTheInternet).ok).toBe(false);
      }),
    );
  });

  it("never allows an IPv4 address in any notation", () => {
    const notations = fc
      .tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255), fc.constantFrom("dotted", "decimal", "hex", "octal"))
      .map(([a, b, c, d, form]) => {
        const value = ((a * 256 + b) * 256 + c) * 256 + d;
        if (form === "decimal") return String(value);
        if (form === "hex") return `0x${value.toString(16)}`;
        if (form === "octal") return [a, b, c, d].map((part) => `0${part.toString(8)}`).join(".");
        return [a, b, c, d].join(".");
      });
    fc.assert(fc.property(notations, (host) => !checkUrl(`https://${host}/`, onTheInternet).ok));
  });
});

describe("isPublicAddress", () => {
  it.each(["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])("calls %s public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ...[
      "0.0.0.0",
      "0.1.2.3",
      "10.0.0.1",
      "100.64.0.1",
      "127.0.0.1",
      "169.254.169.254",
      "172.16.0.1",
      "192.0.0.1",
      "192.0.2.1",
      "192.168.0.1",
    ],
    ...["192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
    ...["::", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1", "5f00::1"],
    ...["fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "4000::1", "", "no address", "8.8.8"],
  ])("does not call %j public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe("mayForwardHeader", () => {
  it.each(["authorization", "X-Api-Key", "cookie"])("lets an endpoint ask for %s", (name) => {
    expect(mayForwardHeader(name)).toBe(true);
  });
  it.each(["Host", "content-length", "CF-Connecting-IP", "x-forwarded-for", "Transfer-Encoding", "bad name", "", "x".repeat(65)])(
    "refuses %j",
    (name) => {
      expect(mayForwardHeader(name)).toBe(false);
    },
  );
});
