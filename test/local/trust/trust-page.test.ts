import axe from "axe-core";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TextAnswer } from "../../../src/http/operation.ts";
import { badge } from "../../../src/features/trust/badge.ts";
import { trustPage } from "../../../src/features/trust/page/trust-page.ts";
import type { TrustView } from "../../../src/features/trust/schemas.ts";
import { certifiedAgent, trustOf, unknownAgent, violatingAgent } from "../../features/trust/trust-world.ts";
import { findChromium } from "../../support/chromium.node.ts";

const executablePath = findChromium();
let browser: Browser;

beforeAll(async () => {
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath });
});
afterAll(() => browser?.close());

type View = { readonly colorScheme: "light" | "dark"; readonly width: number };
type Opened = { readonly page: Page; readonly complaints: readonly string[] };

const showAs = async (page: Page, { colorScheme, width }: View): Promise<void> => {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 900 });
};

/** The page and its badge, as the Worker would send them with their own headers; nothing else answers. */
async function open(report: TrustView, html?: string): Promise<Opened> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(request.url()));
  await page.route("**/*", (route) => {
    const { pathname } = new URL(route.request().url());
    if (html !== undefined) return route.fulfill({ contentType: "text/html; charset=utf-8", body: html });
    return route.fulfill(answerOf(pathname.endsWith("/badge.svg") ? badge(report) : trustPage(report)));
  });
  await page.goto(report.links.page);
  for (const summary of await page.locator("summary").all()) await summary.click();
  return { page, complaints };
}

const answerOf = ({ content, mediaType, headers }: TextAnswer) => ({
  contentType: mediaType,
  headers: { ...headers },
  body: content,
});

/** What axe finds, each as its rule and the element. */
async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

const reports: Readonly<Record<string, () => Promise<TrustView>>> = {
  "a scored agent": trustOf,
  "a certified agent": certifiedAgent,
  "an agent of which nothing is known": unknownAgent,
  "an agent with an open critical violation": violatingAgent,
  "an agent without an attestation that holds": () => trustOf({ attestation: { ok: false, reason: "revoked" } }),
};
const views: readonly View[] = [
  { colorScheme: "light", width: 1100 },
  { colorScheme: "dark", width: 1100 },
  { colorScheme: "light", width: 320 },
];

describe.skipIf(executablePath === undefined)("the page of a public agent, in a browser", () => {
  describe.each(Object.keys(reports))("of %s", (name) => {
    it("has no violation that axe knows, in light, in dark, and on a narrow screen", async () => {
      const { page } = await open(await (reports[name] ?? trustOf)());
      await page.evaluate(axe.source);
      for (const view of views) {
        await showAs(page, view);
        expect(await violationsOf(page), JSON.stringify(view)).toEqual([]);
      }
      await page.close();
    });

    it("needs nothing that its own policy forbids, and fits 320 px, whatever the name", async () => {
      const report = await (reports[name] ?? trustOf)();
      const long = { ...report, agent: { ...report.agent, name: "M".repeat(200) } };
      const { page, complaints } = await open(long);
      await showAs(page, { colorScheme: "dark", width: 320 });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
      // The style sheet holds only where its hash is the one that the policy names.
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(17, 20, 23)");
      expect(await page.evaluate("document.querySelector('img').naturalWidth > 0")).toBe(true);
      expect(complaints).toEqual([]);
      await page.close();
    });
  });

  it("lets a name that is an attack neither run nor leave its place", async () => {
    const report = await trustOf();
    const name = `</title><script>document.title="owned"</script><img src=x onerror=alert(1)>"'\u0001\u202e`;
    const { page, complaints } = await open({ ...report, agent: { ...report.agent, name } });
    expect(await page.locator("h1").textContent()).toBe(name.replace("\u0001", "\ufffd"));
    expect(await page.locator("script, img[onerror]").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows a badge that is an accessible image, whatever stands in the name", async () => {
    const report = await trustOf();
    const { content } = badge({ ...report, agent: { ...report.agent, name: `"><script>alert(1)</script>&\u0008` } });
    const html = `<!doctype html><html lang="en"><title>Badge</title><main><h1>Badge</h1>${content}</main></html>`;
    const { page } = await open(report, html);
    await page.evaluate(axe.source);
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.locator("script").count()).toBe(0);
    expect(await page.getByRole("img", { name: "armalo trust, 775 / 1000 · bronze" }).count()).toBe(1);
    const faults = `new DOMParser().parseFromString(${JSON.stringify(content)}, "image/svg+xml").querySelectorAll("parsererror, script").length`;
    expect(await page.evaluate(faults)).toBe(0);
    await page.close();
  });
});
