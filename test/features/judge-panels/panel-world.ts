import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { TestOrganization } from "../../support/organization.ts";

export type Asked = { readonly model: string; readonly authorization: string | null; readonly user: string };

/** Judges of test/support/test-judges.node.ts by the names of their models, each with a place and a key of its own. */
export function judgesNamed(models: readonly string[], token: string = crypto.randomUUID()) {
  const judges = models.map((model, index) => ({
    name: `judge-${index}`,
    baseUrl: `${env.AGENTS_URL}/judges/${token}/${index}`,
    model: `${model}.${index}`,
    apiKey: `sk-${token}-${index}`,
  }));
  const asked = async (): Promise<Asked[]> => await (await fetch(`${env.AGENTS_URL}/judges/${token}`)).json();
  return { judges, asked, token };
}

/** A panel of such judges. */
export async function openPanel({ call }: TestOrganization, models: readonly string[]) {
  const named = judgesNamed(models);
  const made = await call("POST", "/v1/judge-panels", { name: "Judges", judges: named.judges });
  expect(made.status, made.text).toBe(201);
  const panelId: string = made.body.id;
  return { ...named, panelId, panel: made.body };
}

type Label = { readonly answer: string; readonly label: "pass" | "fail"; readonly question?: string };
export const labelled = (rubric: string, all: readonly Label[]) => all.map((one) => ({ rubric, ...one }));

/** Calibrates a panel, and waits for the end. */
export async function calibrate({ call }: TestOrganization, panelId: string, examples: readonly object[]) {
  const started = await call("POST", `/v1/judge-panels/${panelId}/calibrations`, { examples });
  expect(started.status, started.text).toBe(202);
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await call("GET", `/v1/judge-panels/${panelId}/calibrations/${started.body.id}`);
    if (found.body.status !== "running") return found.body;
    await new Promise((resolve) => setTimeout(resolve, Math.min(100, 10 * tries)));
  }
  throw new Error("the calibration did not end");
}
