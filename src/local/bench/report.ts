import { cpus } from "node:os";
import { cpuPerRequestMs, latencyMs, perSecond, type Run } from "./load.ts";
import type { Creates, Gates, Growth, Throughput } from "./measure.ts";
import type { Delays } from "./measure-log.ts";
import type { Signing } from "./measure-signing.ts";
import type { Payments } from "./measure-payments.ts";
import type { Rooms } from "./measure-rooms.ts";
import type { Trust } from "./measure-trust.ts";
import { paymentGoals, paymentTables } from "./report-payments.ts";
import type { Decisions } from "./measure-decisions.ts";
import type { Invocations } from "./measure-invocations.ts";
import { decisionGoals, decisionTable } from "./report-decisions.ts";
import { roomGoals, roomTables } from "./report-rooms.ts";
import { webhookGoals, webhookTables, type PeopleAndWebhooks } from "./report-webhooks.ts";
import { digits, table, type Goal } from "./table.ts";

export type Measured = {
  readonly reads: Throughput;
  readonly growths: readonly Growth[];
  readonly creates: readonly Creates[];
  readonly gates: Gates;
  /** The same with the objects' SQLite in memory, where there is such a place: workerd waits for the disk in its one thread. */
  readonly gatesInMemory: Gates | undefined;
  readonly log: { readonly proofs: readonly Growth[]; readonly delays: Delays; readonly eventsPerSecond: number };
  readonly trust: Trust;
  readonly statements: Signing;
  readonly rooms: Rooms;
  readonly payments: Payments;
  readonly people: PeopleAndWebhooks;
  readonly decisions: readonly Decisions[];
  readonly invocations: Invocations;
  readonly gzipKib: number;
  readonly startUpMs: number;
};

const goalsOf = ({
  reads,
  growths,
  gates,
  gatesInMemory,
  log,
  trust,
  rooms,
  payments,
  people,
  decisions,
  gzipKib,
  startUpMs,
}: Measured): Goal[] => [
  { name: "our read / bare Hono + object + same batch, requests/s", value: reads.ratio, bound: "at least", goal: 0.75, unit: "×" },
  ...storages({ gates, gatesInMemory }).map(([where, { ratio }]): Goal => ({
    name: `gate / trivial object, checks/s, ${where}`,
    value: ratio,
    bound: "at least",
    goal: 0.85,
    unit: "×",
  })),
  ...growths.map(({ name, smallMs, largeMs }): Goal => ({
    name: `${name}: 200,000 / 1,000 agents, latency`,
    value: largeMs / smallMs,
    bound: "at most",
    goal: 1.3,
    unit: "×",
  })),
  ...log.proofs.map(({ name, smallMs, largeMs }): Goal => ({
    name: `${name}: 1,000,000 / 1,000 leaves, latency`,
    value: largeMs / smallMs,
    bound: "at most",
    goal: 1.5,
    unit: "×",
  })),
  { name: "trust oracle, kept / bare Hono + same look-up, requests/s", value: trust.ratio, bound: "at least", goal: 0.8, unit: "×" },
  { name: "trust oracle, kept: round trips", value: trust.kept.roundTrips, bound: "at most", goal: 0, unit: "" },
  { name: "trust oracle, computed: round trips", value: trust.computed.roundTrips, bound: "at most", goal: 1, unit: "" },
  { name: "change to public checkpoint, the slowest", value: log.delays.worstMs / 1000, bound: "at most", goal: 60, unit: " s" },
  ...roomGoals(rooms),
  ...paymentGoals(payments),
  ...webhookGoals(people),
  ...decisionGoals(decisions),
  { name: "bundle after gzip", value: gzipKib, bound: "at most", goal: 700, unit: " KiB" },
  { name: "start-up CPU (wrangler check startup)", value: startUpMs, bound: "at most", goal: 100, unit: " ms" },
];

const storages = ({ gates, gatesInMemory }: Pick<Measured, "gates" | "gatesInMemory">): [string, Gates][] => [
  ...(gatesInMemory === undefined ? [] : [["objects in memory", gatesInMemory] satisfies [string, Gates]]),
  ["objects on disk", gates],
];

const isMet = ({ value, bound, goal }: Goal): boolean => (bound === "at least" ? value >= goal : value <= goal);

const machine = (shared: string): string =>
  `Measured on ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}, which everything shares: load generator, workerd, the /sql server, PostgreSQL, ${shared}.`;

const goalTable = (goals: readonly Goal[]): string =>
  table(
    ["what", "measured", "goal", ""],
    goals.map((goal) => [
      goal.name,
      `${digits(goal.value)}${goal.unit}`,
      `${goal.bound} ${goal.goal}${goal.unit}`,
      isMet(goal) ? "met" : "**missed**",
    ]),
  );

/** The same of people, providers and webhooks alone. */
export const reportPeople = (people: PeopleAndWebhooks): string =>
  [machine("and the receiver of webhooks"), goalTable(webhookGoals(people)), ...webhookTables(people)].join("\n\n");

/** The same of policy decisions alone. */
export const reportDecisions = (decisions: readonly Decisions[]): string =>
  [machine("and nothing else"), goalTable(decisionGoals(decisions)), decisionTable(decisions)].join("\n\n");

export const reportInvocations = (invocations: Invocations): string =>
  [machine("for the upstream a server of its own"), invocationTable(invocations)].join("\n\n");

const invocationTable = ({ direct, simulated, executed }: Invocations): string =>
  table(
    ["one connection, median", "ms", "above the upstream alone"],
    [
      ["the upstream alone", direct.toFixed(2), ""],
      ["`POST /v1/grants/{id}/invoke`, in simulation", simulated.toFixed(2), "nothing is sent"],
      ["the same in production: decided, sent and receipted", executed.toFixed(2), `${(executed - direct).toFixed(2)} ms`],
    ],
  );

/** The report in Markdown, ratios first; every figure of it is from the same run. */
export function report(measured: Measured): string {
  const { reads, growths, creates, log, trust, statements, rooms, payments, people, decisions, invocations } = measured;
  return [
    machine("for payments the chain and its facilitator, and for webhooks their receiver"),
    goalTable(goalsOf(measured)),
    table(
      ["32 connections", "requests/s", "p50", "p99", "CPU of workerd per request"],
      [
        runRow("bare Hono route", reads.bare),
        runRow("bare Hono + trivial object + same batch", reads.baseline),
        runRow("`GET /v1/agents/{id}`, authenticated", reads.api),
        runRow("bare Hono + look-up of what the trust oracle kept", trust.bare),
        runRow("`GET /v1/trust/{id}`, kept", trust.kept.run),
        runRow("`GET /v1/trust/{id}`, computed each time", trust.computed.run),
        ...storages(measured).flatMap(([where, { trivial, gate }]) => [
          runRow(`trivial object, nothing else; ${where}`, trivial),
          runRow(`gate, nothing else; ${where}`, gate),
        ]),
      ],
    ),
    table(
      ["one connection, median", "1,000 agents", "200,000 agents"],
      growths.map(({ name, smallMs, largeMs }) => [name, `${digits(smallMs)} ms`, `${digits(largeMs)} ms`]),
    ),
    ...logTables(log),
    statementsTable(statements),
    ...roomTables(rooms),
    ...paymentTables(payments),
    ...webhookTables(people),
    decisionTable(decisions),
    invocationTable(invocations),
    table(
      ["audited creates/s", "of one organization", "of 50 organizations"],
      creates.map(({ writers, ofOne, ofMany }) => [
        `${writers} ${writers === 1 ? "writer" : "writers"}`,
        rateCell(ofOne),
        rateCell(ofMany),
      ]),
    ),
  ].join("\n\n");
}

const logTables = ({ proofs, delays, eventsPerSecond }: Measured["log"]): string[] => [
  table(
    ["one connection, median", "1,000 leaves", "1,000,000 leaves"],
    proofs.map(({ name, smallMs, largeMs }) => [name, `${digits(smallMs)} ms`, `${digits(largeMs)} ms`]),
  ),
  table(
    ["transparency log", "measured"],
    [
      ["change to public checkpoint, nobody asking, median", `${digits(delays.medianMs / 1000)} s`],
      ["proof of an event written a moment ago, signed for it, median", `${digits(delays.onDemandMs)} ms`],
      ["events/s taken up from the database, of one organization", String(Math.round(eventsPerSecond))],
    ],
  ),
];

const statementsTable = ({ signedPerSecond, verifiedPerSecond }: Signing): string =>
  table(
    ["signed statements, one after the other", "measured"],
    [
      ["signed a second, each as JWS and as DSSE", String(Math.round(signedPerSecond))],
      ["verified a second, each with its form", String(Math.round(verifiedPerSecond))],
    ],
  );

function runRow(name: string, run: Run): string[] {
  const cpuMs = cpuPerRequestMs(run);
  return [
    name,
    String(Math.round(perSecond(run))),
    `${digits(latencyMs(run, 0.5))} ms`,
    `${digits(latencyMs(run, 0.99))} ms`,
    Number.isNaN(cpuMs) ? "not known here" : `${cpuMs.toFixed(3)} ms`,
  ];
}

const rateCell = (run: Run): string => `${Math.round(perSecond(run))} (p99 ${digits(latencyMs(run, 0.99))} ms)`;
