import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importTagKey } from "../../../src/access/api-key.ts";
import { parseKeyRing } from "../../../src/crypto/sealed-box.ts";
import type { RunAsAdmin } from "../../../src/local/admin/act.ts";
import { addMember } from "../../../src/local/admin/add-member.ts";
import { createOrganization } from "../../../src/local/admin/create-organization.ts";
import { makeSignInLink } from "../../../src/local/admin/make-sign-in-link.ts";
import { runBatch } from "../../../src/local/sql-batch.ts";
import { startStack, type Stack } from "../../../src/local/stack.ts";
import { findChromium } from "../../support/chromium.node.ts";
import { expectFit } from "../../support/expect-fit.node.ts";
import { freePort } from "../../../src/local/free-port.ts";
import { listen } from "../../support/listen.node.ts";

// A real browser at the Worker as `npm start` serves it: over http, on 127.0.0.1, where cookies of `__Host-` must work all the same.

const executablePath = findChromium();
const email = "ada@example.com";
let browser: Browser;
let stack: Stack;
let folder = "";
let elsewhere: Server;
let orgId = "";
let run: RunAsAdmin;
let tagKey: CryptoKey;

beforeAll(async () => {
  if (executablePath === undefined) return;
  folder = await mkdtemp(join(tmpdir(), "armalo-sign-in-"));
  Object.assign(process.env, { ARMALO_DATA_DIR: folder, DATABASE_URL: "" });
  stack = await startStack(await freePort());
  const { database, secrets } = stack.installation;
  run = (statements) => runBatch(database.pool, { role: "armalo_admin", statements });
  tagKey = await importTagKey(new Uint8Array(Buffer.from(secrets.API_KEY_TAG_SECRET, "base64")));
  const ring = parseKeyRing(secrets.ENCRYPTION_KEYS) ?? expect.fail("no key ring");
  orgId = await createOrganization(run, ring, { name: "Lovelace & Sons <Ltd>", plan: "pro", environment: "test" });
  await addMember(run, { orgId, email, name: "Ada", role: "owner" });
  elsewhere = createServer((request, response) => {
    const target = new URL(request.url ?? "/", "http://elsewhere").searchParams.get("to") ?? "";
    response.setHeader("content-type", "text/html");
    response.end(`<form method="post" action="${target}"><button>Win a prize</button></form>`);
  });
  browser = await chromium.launch({ executablePath });
}, 180_000);
afterAll(async () => {
  elsewhere?.close();
  await browser?.close();
  await stack?.close();
  if (folder !== "") await rm(folder, { recursive: true, force: true });
});

const linkOf = async (): Promise<string> => `${stack.url}/sign-in/${(await makeSignInLink(run, tagKey, { email, orgId })).token}`;

type Opened = { readonly context: BrowserContext; readonly page: Page; readonly complaints: string[] };
async function open(): Promise<Opened> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

const heading = (page: Page): Promise<string | null> => page.locator("h1").textContent();
const signIn = async (page: Page, link: string): Promise<void> => {
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${stack.url}/sign-in`);
};

describe.skipIf(executablePath === undefined)("signing in, in a browser", () => {
  it("is a link, a button, a session and a sign-out, without a script", async () => {
    const { context, page, complaints } = await open();
    const link = await linkOf();
    await fetch(link); // as something that looks at links before people do
    await page.goto(link);
    expect(await page.locator("script").count()).toBe(0);
    await expectFit(page, "sign-in");
    await page.getByRole("button", { name: "Sign in" }).press("Enter");
    await page.waitForURL(`${stack.url}/sign-in`);
    expect(await heading(page)).toBe("You are signed in");
    await expectFit(page, "signed-in");
    const [cookie, ...others] = await context.cookies(stack.url);
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({
      name: "__Host-armalo-session",
      httpOnly: true,
      secure: true,
      sameSite: "Strict",
      path: "/",
      domain: "127.0.0.1",
    });
    await page.getByRole("link", { name: "Your session" }).click();
    await page.waitForURL(`${stack.url}/session`);
    expect(await page.locator("dd").allTextContents()).toEqual(
      expect.arrayContaining(["Ada", email, "owner", `Lovelace & Sons <Ltd> (${orgId})`]),
    );
    await expectFit(page, "session");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${stack.url}/sign-out`);
    expect(await heading(page)).toBe("You are signed out");
    await expectFit(page, "signed-out");
    expect(await context.cookies(stack.url)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.goto(`${stack.url}/session`);
    expect(await heading(page)).toBe("You are not signed in");
    await expectFit(page, "not-signed-in");
    await context.close();
  });

  it("is refused with a link that was used, on a page that says what to do", async () => {
    const [{ context, page }, other] = [await open(), await open()];
    const link = await linkOf();
    await signIn(page, link);
    await signIn(other.page, link);
    expect(await heading(other.page)).toBe("The sign-in link cannot be used");
    await expectFit(other.page, "refused");
    expect(await other.context.cookies(stack.url)).toEqual([]);
    for (const one of [context, other.context]) await one.close();
  });

  it("is ended by nobody else's page: neither the cookie nor the origin would be right", async () => {
    const { context, page } = await open();
    await signIn(page, await linkOf());
    const port = await listen(elsewhere);
    for (const host of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
      await page.goto(`${host}/?to=${encodeURIComponent(`${stack.url}/sign-out`)}`);
      await page.getByRole("button").click();
      await page.waitForURL(`${stack.url}/sign-out`);
      // The same host on another port is the same site, and its cookies come along: there the origin decides.
      expect(await heading(page), host).toBe(host.includes("localhost") ? "You are not signed in" : "The request's origin is not ours");
    }
    await page.goto(`${stack.url}/session`);
    expect(await heading(page)).toBe("Your session");
    await context.close();
  });
});
