import { afterEach, expect, it, vi } from "vitest";
import { postsTo } from "../../src/platform/service-call.ts";

const address = "https://service.test/register";
const post = { method: "POST", body: "{}" };

afterEach(() => vi.restoreAllMocks());

it("posts a library's text to the one address, whatever the query, and nothing else anywhere", async () => {
  const calls = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("yes", { status: 202 }));
  const ask = postsTo(address, 1000);
  const refused: Parameters<typeof ask>[] = [
    ["https://service.test/other", post],
    ["https://service.test/register/more", post],
    ["https://other.test/register", post],
    ["http://service.test/register", post],
    [new URL("https://service.test:444/register"), post],
    [new Request("https://other.test/register"), post],
    [address, { method: "GET" }],
    [address, { method: "POST" }],
    [address],
  ];
  for (const asked of refused) await expect(ask(...asked)).rejects.toThrow("may not call");
  expect(calls).not.toHaveBeenCalled();
  const answer = await ask(`${address}?id=1`, post);
  expect([answer.status, await answer.text()]).toEqual([202, "yes"]);
});

it("fails where the service sends it elsewhere", async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.redirect("https://other.test/", 307));
  await expect(postsTo(address, 1000)(address, post)).rejects.toThrow("redirect");
});
