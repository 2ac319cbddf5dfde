import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readPage } from "../../src/audit/log-queries.ts";
import { pokeLog } from "../../src/audit/poke-log.ts";
import { runScheduledWork } from "../../src/scheduled.ts";
import { failDatabase } from "../support/harness.ts";
import { createOrganization, type TestOrganization } from "../support/organization.ts";
import { environment, leavesOf, logOf, publishedOf, writeEvents } from "./support.ts";

const second = 1000;
let start: number;

beforeEach(() => {
  start = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: start });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const alarmOf = (org: TestOrganization): Promise<number | null> =>
  runInDurableObject(logOf(org), (_log, { storage }) => storage.getAlarm());
/** Lets the log's alarm ring when its time has come. */
async function ring(org: TestOrganization): Promise<void> {
  const at = (await alarmOf(org)) ?? expect.fail("the log has no alarm");
  vi.setSystemTime(at);
  await runDurableObjectAlarm(logOf(org));
}
const isAllSigned = async (org: TestOrganization): Promise<boolean> =>
  (await publishedOf(org)).at(-1)?.size === (await leavesOf(org)).length;

describe("an event is in a signed checkpoint within 60 seconds", () => {
  it("also where it comes just behind the alarm that others had set", async () => {
    const org = await createOrganization();
    await writeEvents(org, 1);
    await expect.poll(() => alarmOf(org)).toBeLessThan(start + 21 * second);
    vi.setSystemTime(start + 15 * second);
    await writeEvents(org, 1);
    await ring(org);
    const after = Date.now() + 100;
    vi.setSystemTime(after);
    await writeEvents(org, 1);
    await expect.poll(() => alarmOf(org)).toBeLessThan(after + 21 * second);
    await ring(org);
    expect(await isAllSigned(org)).toBe(true);
  });

  it("and a log that will look in a moment is not told of every event", async () => {
    const org = await createOrganization();
    await pokeLog(environment(), org.orgId);
    const poke = vi.spyOn(environment().bindings.TRANSPARENCY_LOG, "get");
    await pokeLog(environment(), org.orgId);
    expect(poke).not.toHaveBeenCalled();
    vi.setSystemTime(start + 19 * second);
    await pokeLog(environment(), org.orgId);
    expect(poke).toHaveBeenCalledOnce();
  });

  it("also where the alarm's run fails once", async () => {
    const org = await createOrganization();
    await writeEvents(org, 1);
    await failDatabase(org.orgId, "down", 1);
    await ring(org);
    expect(await isAllSigned(org)).toBe(false);
    await ring(org);
    expect(await isAllSigned(org)).toBe(true);
    expect(Date.now() - start).toBeLessThan(45 * second);
  });

  it("also where the database never answers: a run gives up in time for another one", async () => {
    const org = await createOrganization();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.spyOn(globalThis, "fetch").mockImplementationOnce(() => new Promise(() => undefined));
    const page = readPage(environment(), org.orgId, { size: 0, recheck: [], most: 1 });
    const given = expect(page).rejects.toThrow("the database does not answer");
    await vi.advanceTimersByTimeAsync(15 * second);
    await given;
  });

  it("also where the log could not be told at first", async () => {
    const org = await createOrganization();
    const get = vi.spyOn(environment().bindings.TRANSPARENCY_LOG, "get").mockImplementationOnce(() => {
      throw new Error("the object was replaced");
    });
    await pokeLog(environment(), org.orgId);
    expect(get).toHaveBeenCalledTimes(2);
    expect(await alarmOf(org)).toBeLessThan(Date.now() + 30 * second);
  });

  it("also where it was never told: the minute's work looks twice", async () => {
    const org = await createOrganization(); // made by the administrator, who pokes nobody
    let found = 0;
    const halfAMinute = async (): Promise<void> => {
      expect(await alarmOf(org)).toBeNull();
      vi.setSystemTime(start + 30 * second);
      vi.spyOn(environment().bindings.TRANSPARENCY_LOG, "get").mockImplementation(() => {
        found += 1;
        throw new Error("counted");
      });
    };
    await runScheduledWork({ ok: true, env: environment() }, new Date(start), halfAMinute);
    expect(found).toBeGreaterThan(0);
  });
});
