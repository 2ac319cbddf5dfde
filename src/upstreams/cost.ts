import { decimalOf } from "../expressions/decimal.ts";
import type { JsonObject } from "../expressions/json.ts";
import { follow, parsePath, type JsonPath } from "../expressions/json-path.ts";
import { newWorkBudget } from "../expressions/work-budget.ts";
import type { CapabilityDefinition } from "./capability.ts";

const microsExponent = 6;
/** The most that an amount may be: what a double and a bigint column both hold exactly. */
const mostMicros = 9_000_000_000_000_000;

/** Where an amount may stand: one place, so no `[*]`, and not the arguments themselves. */
export function readCostPath(text: string): JsonPath | undefined {
  const path = parsePath(text);
  return path === undefined || path.length === 0 || path.some((step) => "every" in step) ? undefined : path;
}

/**
 * What one call costs in millionths of its currency's unit; null where the capability has no cost. `unknown` where the amount is absent, no
 * number, negative or beyond 9e15: who must keep a budget refuses it. Fractions of a millionth are rounded up.
 */
export function costOf({ cost }: Pick<CapabilityDefinition, "cost">, args: JsonObject): number | null | "unknown" {
  if (cost === null) return null;
  if ("microsPerCall" in cost) return cost.microsPerCall;
  const path = readCostPath(cost.argument);
  const [amount] = path === undefined ? [] : (follow(args, path, newWorkBudget())?.values ?? []);
  return typeof amount === "number" ? (microsOf(amount) ?? "unknown") : "unknown";
}

function microsOf(amount: number): number | undefined {
  const exact = decimalOf(amount);
  if (exact === undefined || amount < 0 || amount > mostMicros / 10 ** microsExponent) return undefined;
  const exponent = exact.exponent + microsExponent;
  if (exponent >= 0) return Number(exact.coefficient * 10n ** BigInt(exponent));
  const divisor = 10n ** BigInt(-exponent);
  return Number((exact.coefficient + divisor - 1n) / divisor);
}
