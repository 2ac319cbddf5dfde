import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";

export const challengePath = "/.well-known/armalo-challenge";

/** The outside world: names that resolve to a public address, and agent.example.com, which answers as it is told to. Returns what it was asked. */
export function serveOrigin(reply: (url: URL) => Response, resolve: () => Response | null = () => null): string[] {
  const real = globalThis.fetch;
  const asked: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (target, init) => {
    const url = new URL(target instanceof Request ? target.url : target);
    if (url.href.startsWith(env.DOH_URL)) {
      const type = url.searchParams.get("type") === "A" ? 1 : 28;
      return resolve() ?? Response.json({ Status: 0, Answer: type === 1 ? [{ type, data: "93.184.215.14" }] : [] });
    }
    if (url.hostname !== "agent.example.com") return real(target, init);
    asked.push(`${init?.method ?? "GET"} ${url.href}`);
    if (url.pathname === challengePath) expect(new Headers(init?.headers).has("x-key")).toBe(false);
    return reply(url);
  });
  return asked;
}
