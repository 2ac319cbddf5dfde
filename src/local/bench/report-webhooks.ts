import { cpuPerRequestMs, latencyMs, perSecond, type Run } from "./load.ts";
import type { Sessions } from "./measure-people.ts";
import type { Signatures } from "./measure-signatures.ts";
import type { Webhooks } from "./measure-webhooks.ts";
import { quantile } from "./statistics.ts";
import { digits, table, type Goal } from "./table.ts";

/** What concerns people, providers and webhooks. */
export type PeopleAndWebhooks = { readonly sessions: Sessions; readonly signatures: Signatures; readonly webhooks: Webhooks };

export const webhookGoals = ({ sessions, signatures, webhooks: { crowd } }: PeopleAndWebhooks): Goal[] => [
  {
    name: "verifying an incoming webhook, CPU, the costliest provider",
    value: Math.max(...Object.values(signatures)),
    bound: "at most",
    goal: 1,
    unit: " ms",
  },
  {
    name: "session check, warm: round trips beside an API key's",
    value: sessions.roundTrips.session - sessions.roundTrips.key,
    bound: "at most",
    goal: 0,
    unit: "",
  },
  {
    name: `${crowd.deliveries.toLocaleString("en")} deliveries, ${crowd.endpoints} endpoints: p99 of the others, one hanging / none`,
    value: quantile(crowd.hanging.delaysMs, 0.99) / quantile(crowd.answering.delaysMs, 0.99),
    bound: "at most",
    goal: 1.5,
    unit: "×",
  },
];

export const webhookTables = ({ sessions, signatures, webhooks }: PeopleAndWebhooks): string[] => [
  table(
    ["an agent's read, 32 connections", "requests/s", "p50", "p99", "CPU of workerd per request", "one connection, median"],
    [
      sessionRow("with an API key", sessions.key, sessions.latencyMs.key),
      sessionRow("with a session of the identity provider's", sessions.session, sessions.latencyMs.session),
    ],
  ),
  table(
    ["verifying an incoming webhook of 2 KiB", "CPU of workerd"],
    Object.entries(signatures).map(([provider, ms]) => [provider, Number.isNaN(ms) ? "not known here" : `${ms.toFixed(3)} ms`]),
  ),
  table(
    ["from a change's answer to the receiver's request", "p50", "p99"],
    [delayRow("one endpoint, one change at a time", webhooks.addedMs)],
  ),
  table(
    ["webhooks to a receiver on this machine", "deliveries/s"],
    [
      ["one endpoint, 1,000 pending", String(Math.round(webhooks.perSecond.one))],
      [
        `${webhooks.crowd.endpoints} endpoints, ${webhooks.crowd.deliveries.toLocaleString("en")} pending`,
        String(Math.round(webhooks.perSecond.all)),
      ],
    ],
  ),
  table(
    [
      `${webhooks.crowd.deliveries.toLocaleString("en")} pending, ${webhooks.crowd.endpoints} endpoints: until a delivery arrived`,
      "p50",
      "p99",
    ],
    [
      delayRow("all endpoints answer", webhooks.crowd.answering.delaysMs),
      delayRow("one hangs: the others", webhooks.crowd.hanging.delaysMs),
    ],
  ),
];

const sessionRow = (name: string, run: Run, medianMs: number): string[] => [
  name,
  String(Math.round(perSecond(run))),
  `${digits(latencyMs(run, 0.5))} ms`,
  `${digits(latencyMs(run, 0.99))} ms`,
  Number.isNaN(cpuPerRequestMs(run)) ? "not known here" : `${cpuPerRequestMs(run).toFixed(3)} ms`,
  `${digits(medianMs)} ms`,
];

const delayRow = (name: string, delaysMs: readonly number[]): string[] => [
  name,
  `${digits(quantile(delaysMs, 0.5))} ms`,
  `${digits(quantile(delaysMs, 0.99))} ms`,
];
