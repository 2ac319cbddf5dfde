import { afterAll, beforeAll, describe } from "vitest";
import { chainFaults } from "./chain-faults.ts";
import { deliveries } from "./deliveries.ts";
import { facilitatorFaults } from "./facilitator-faults.ts";
import { refusals } from "./refusals.ts";
import { restarts } from "./restarts.ts";
import { patience, retries } from "./retries.ts";
import { sales } from "./sales.ts";
import { openPaidWorld, type PaidWorld } from "./world.ts";

// x402's own client against the built Worker, with a real chain and a real facilitator behind it: one of each for all of these.

let opened: PaidWorld | undefined;
const world = (): PaidWorld => {
  if (opened === undefined) throw new Error("the world is not open yet");
  return opened;
};

beforeAll(async () => {
  opened = await openPaidWorld();
});
afterAll(() => opened?.close());

sales(world);
retries(world);
deliveries(world);
refusals(world);
describe.concurrent("side by side", () => {
  patience(world);
  facilitatorFaults(world);
});
chainFaults(world);
restarts(world);
