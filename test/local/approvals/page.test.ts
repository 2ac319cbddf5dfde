import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importTagKey } from "../../../src/access/api-key.ts";
import { openSealedBox, parseKeyRing, type SealedBox } from "../../../src/crypto/sealed-box.ts";
import { previewOf, sealPreview } from "../../../src/features/approvals/preview.ts";
import { addMember } from "../../../src/local/admin/add-member.ts";
import { createOrganization } from "../../../src/local/admin/create-organization.ts";
import { makeSignInLink } from "../../../src/local/admin/make-sign-in-link.ts";
import { runBatch } from "../../../src/local/sql-batch.ts";
import { startStack, type Stack } from "../../../src/local/stack.ts";
import { newId } from "../../../src/platform/ids.ts";
import { findChromium } from "../../support/chromium.node.ts";
import { expectFit } from "../../support/expect-fit.node.ts";
import { freePort } from "../../../src/local/free-port.ts";
import { newApproval } from "../../support/raw-approvals.node.ts";
import { asApp, enter, statement } from "../../support/raw-sql.node.ts";

// A real browser at the page on which people decide.

const executablePath = findChromium();
let browser: Browser;
let stack: Stack;
let folder = "";
let page: Page;
let orgId = "";
let box: SealedBox;

beforeAll(async () => {
  if (executablePath === undefined) return;
  folder = await mkdtemp(join(tmpdir(), "armalo-approvals-"));
  Object.assign(process.env, { ARMALO_DATA_DIR: folder, DATABASE_URL: "" });
  stack = await startStack(await freePort());
  const { database, secrets } = stack.installation;
  const run = (statements: Parameters<typeof runBatch>[1]["statements"]) => runBatch(database.pool, { role: "armalo_admin", statements });
  const ring = parseKeyRing(secrets.ENCRYPTION_KEYS) ?? expect.fail("no key ring");
  orgId = await createOrganization(run, ring, { name: "Shop", plan: "pro", environment: "test" });
  await addMember(run, { orgId, email: "ada@example.com", name: "Ada", role: "owner" });
  const read = await asApp(database.pool, enter(orgId), statement("select wrapped_data_key from organizations where id = $1", orgId));
  box = openSealedBox(ring, orgId, String(read[1]?.rows[0]?.[0]));
  browser = await chromium.launch({ executablePath });
  page = await (await browser.newContext()).newPage();
  const tagKey = await importTagKey(new Uint8Array(Buffer.from(secrets.API_KEY_TAG_SECRET, "base64")));
  const { token } = await makeSignInLink(run, tagKey, { email: "ada@example.com", orgId });
  await page.goto(`${stack.url}/sign-in/${token}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${stack.url}/sign-in`);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await stack?.close();
  if (folder !== "") await rm(folder, { recursive: true, force: true });
});

/** An approval that waits, of an action with these arguments. */
async function waiting(args: Readonly<Record<string, string | number>>): Promise<{ id: string; text: string }> {
  const id = newId("approval");
  const preview = await previewOf({
    capability: { id: newId("capability"), name: "Refund an order", version: 3 },
    call: { kind: "http", method: "POST", url: "https://shop.example/v1/orders/A-1042/refunds", body: args },
    arguments: args,
    agent: { id: newId("agent"), name: "Support", versionNumber: 7 },
    policy: { id: newId("policy"), name: "Refunds", version: 2, ruleIds: ["over-limit"] },
    grant: { id: newId("grant") },
    cost: { micros: 249_000_000, currency: "EUR" },
  });
  if (!preview.ok) throw new Error("too large");
  const { text, digest } = preview;
  const stored = { id, status: "pending", sealedPreview: await sealPreview(box, id, text), previewDigest: digest } as const;
  await newApproval(stack.installation.database.pool, orgId, stored);
  return { id, text };
}

const heading = (): Promise<string | null> => page.locator("h1").textContent();
const open = (id: string) => page.goto(`${stack.url}/approvals/${id}`);

describe.skipIf(executablePath === undefined)("deciding, in a browser", () => {
  it("is reading exactly what was asked, and a button, without a script", async () => {
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    const { id, text } = await waiting({ amount: 249, reason: "arrived \u202eelbaborp\u202c broken\u200b", note: "<b>urgent</b>" });
    await open(id);
    expect(await heading()).toBe("An agent asks for approval");
    expect(await page.locator("pre").textContent()).toBe(text);
    expect(await page.locator("script").count()).toBe(0);
    await expectFit(page, "approval");
    await page.getByLabel("A note").fill("This once.");
    await page.getByRole("button", { name: "Approve this once" }).press("Enter");
    await page.waitForURL(`${stack.url}/approvals/${id}/approve`);
    expect(await heading()).toBe("You approved this");
    await expectFit(page, "approved");
    await page.getByRole("link", { name: "The approval" }).click();
    expect(await heading()).toBe("This was approved");
    expect(await page.locator("button").count()).toBe(0);
    await expectFit(page, "approval-decided");
    expect(complaints).toEqual([]);
  });

  it("shows which letters are not what they look like, and leaves other languages as they are", async () => {
    const { id, text } = await waiting({
      ...{ amount: 249, payee: "p\u0430yp\u0430l", "\u043e": "\u0410\u0421\u041c\u0415", order: "\u0410-1042" },
      ...{ note: "Возврат за повреждённый товар, а не обмен", lieu: "Café Łódź", 株式会社: "ＡＢＣ and T細胞" },
    });
    await open(id);
    const shown = await page.locator("pre").textContent();
    expect(shown).toBe(text);
    expect(shown).toContain(String.raw`"payee":"p\u{430}yp\u{430}l"`);
    expect(shown).toContain(String.raw`"о\{Cyrillic}":"АСМЕ\{Cyrillic}"`);
    expect(shown).toContain('"note":"Возврат за повреждённый товар, а не обмен"');
    await expectFit(page, "approval-look-alikes");
  });

  it("denies with the other button, and what is decided is not decided again", async () => {
    const { id } = await waiting({ amount: 1 });
    const tab = await page.context().newPage();
    await Promise.all([open(id), tab.goto(`${stack.url}/approvals/${id}`)]);
    await page.getByRole("button", { name: "Deny" }).click();
    await page.waitForURL(`${stack.url}/approvals/${id}/deny`);
    expect(await heading()).toBe("You denied this");
    await tab.getByRole("button", { name: "Approve this once" }).click();
    expect(await tab.locator("h1").textContent()).toBe("The state does not allow this");
    await tab.close();
  });

  it("keeps text that is written from right to left in its own place", async () => {
    const { id, text } = await waiting({ a: "\u05e9\u05dc\u05d5\u05dd", b: "\u05e2\u05d5\u05dc\u05dd", c: 3 });
    await open(id);
    expect(await page.locator("pre").textContent()).toBe(text);
    await expectFit(page, "approval-rtl");
    // Where each member's name stands, from left to right, on the line of the arguments.
    const places = await page.evaluate<number[]>(
      `["a", "b", "c"].map((name) => [...document.querySelectorAll("bdi")].filter((one) => one.textContent === JSON.stringify(name)).at(-1).getBoundingClientRect().left)`,
    );
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });
});
