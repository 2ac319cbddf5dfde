import { z } from "@hono/zod-openapi";
import { openHistory, readKeyHistory, signerBy } from "../../access/current-signer.ts";
import { signingPurposes, type SigningPurpose } from "../../crypto/statement/key-history.ts";
import { databaseReadiness } from "../../db/cross-tenant.ts";
import type { Environment } from "../../env.ts";
import { Problem, problem } from "../../http/problem.ts";

export const Readiness = z
  .object({ ready: z.literal(true), checks: z.array(z.string()).openapi({ description: "What was found in order." }) })
  .openapi("Readiness");

type Check = { readonly item: string; readonly ok: boolean };

/** Asks each dependency. Anything missing is a 503 that names it in `errors`. */
export async function checkReadiness(env: Environment, now: Date): Promise<z.input<typeof Readiness>> {
  const checks: Check[] = [
    { item: "configuration", ok: true },
    await checkGate(env),
    ...(await checkDatabase(env)),
    ...(await checkSigning(env, now)),
  ];
  const missing = checks.filter(({ ok }) => !ok).map(({ item }) => item);
  if (missing.length > 0)
    throw problem("unavailable", missing.join(", "), {
      errors: missing.map((path) => ({ path, message: "Missing, unreachable or not as it must be." })),
    });
  return { ready: true, checks: checks.map(({ item }) => item) };
}

async function checkGate({ bindings }: Environment): Promise<Check> {
  try {
    return { item: "gate", ok: await bindings.GATE.get(bindings.GATE.idFromName("readiness")).ping() };
  } catch {
    return { item: "gate", ok: false };
  }
}

async function checkDatabase(env: Environment): Promise<Check[]> {
  try {
    return (await databaseReadiness(env)).map(({ item, ok }) => ({ item: `database.${item}`, ok }));
  } catch (fault) {
    if (fault instanceof Problem) return [{ item: "database", ok: false }];
    throw fault;
  }
}

/** Whether the root's history lets a key of each of the Worker's rings sign: one round trip. */
async function checkSigning(env: Environment, now: Date): Promise<Check[]> {
  const history = readKeyHistory(env);
  const maySign = async (purpose: SigningPurpose): Promise<boolean> => {
    try {
      await signerBy((await history) ?? (await openHistory(undefined)), env, purpose, now);
      return true;
    } catch {
      return false;
    }
  };
  return Promise.all(signingPurposes.map(async (purpose) => ({ item: `signing.${purpose}`, ok: await maySign(purpose) })));
}
