import { DurableObject } from "cloudflare:workers";
import { Outbox } from "../audit/outbox.ts";
import { requireEnvironment, type Bindings } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { newId } from "../platform/ids.ts";
import { log } from "../platform/logger.ts";
import type { KeptAnswer } from "./kept-answer.ts";
import { ledgerActor } from "./ledger.ts";
import { logPayment } from "./tell-seller.ts";
import { enterNotes } from "./ledger-note.ts";
import type { PresentedPayment, PresentedRequest, Refusal } from "./payment.ts";
import { openSettlement, pursueSettlement, type Opened, type Ports } from "./pursue-settlement.ts";
import * as machine from "./settlement.ts";
import { outsideOf } from "./settlement-ports.ts";
import { settledHeader, tellPending, type Told } from "./told.ts";

/** How long a holder of a payment waits here, and how long one pursuit of it lasts. */
const [patienceMs, pursuitMs] = [25_000, 22_000];
/** So many wait at a time; the others are told to come again. */
const mostWaiting = 64;
/** An alarm that did what it could is followed by another no sooner than that. */
const alarmPauseMs = 15_000;
/** The ledger is written at once; an alarm comes behind in case this object ends first. */
const ledgerGraceMs = 10_000;

export type Presentation = { readonly paymentId: string; readonly terms: PresentedPayment; readonly request: PresentedRequest };
export type Ended = { readonly ok: true; readonly answer: KeptAnswer } | { readonly ok: false; readonly code: string };

type State = machine.Settlement;
/** What came of a pursuit, for those who waited for it; the rest they see in the state. */
type Worked = { readonly refusal?: Refusal | undefined };

/**
 * One per payment (network, asset, payer and nonce): the only place where it is bound to a request, taken, delivered for and remembered. It
 * decides by `settlement.ts` and asks by `pursue-settlement.ts`; each state is durable before anything follows from it.
 */
export class Settlement extends DurableObject<Bindings> {
  readonly #outbox = new Outbox(this.ctx.storage.sql);
  #kept = this.ctx.storage.kv.get<State>("settlement");
  /** Bound in memory alone, while nobody has been asked to take it. */
  #draft: State | undefined;
  #work: Promise<Worked> | undefined;
  #changed = Promise.withResolvers<void>();
  #waiting = 0;
  #retryLedgerAt: number | undefined;

  /** Gives a holder of the payment the delivery, the answer that there is, or the reason for neither; waits where it is not known yet. */
  async present({ paymentId, terms, request }: Presentation): Promise<Told> {
    const until = this.#now() + patienceMs;
    let tried = false;
    for (;;) {
      const now = this.#now();
      const state = this.#kept ?? this.#draft;
      if (state === undefined) {
        if (tried) return { kind: "pending", settlement: undefined };
        if (!request.sellable) return { kind: "unsold" };
        const refusal = machine.refuseUnseen(terms, request, now);
        if (refusal !== undefined) return { kind: "refused", reason: refusal, isBound: false };
        this.#begin(() => this.#open(machine.bind(paymentId, terms, request)));
        continue;
      }
      if (state.terms.payloadDigest !== terms.payloadDigest) return { kind: "foreign" };
      const step = machine.nextStep(state, request.fingerprint, now);
      if (step.do === "work" && this.#work === undefined) {
        if (tried) return tellPending(state);
        this.#begin(() => this.#pursue(state, request.sellable));
      }
      if (step.do === "refuse") return { kind: "refused", reason: step.reason, isBound: true };
      if (step.do === "answer") return this.#recall(state);
      if (step.do === "pause") return { kind: "owed", settlement: settledHeader(state), waitMs: step.until - now };
      if (step.do === "deliver") return this.#lend(state, now);
      if (now >= until || this.#waiting >= mostWaiting) return tellPending(state);
      const ended = await this.#turn(until - now);
      if (ended?.refusal !== undefined) return { kind: "refused", reason: ended.refusal, isBound: false };
      tried ||= ended !== undefined;
    }
  }

  /** Ends the delivery of whoever holds the lease. Answers what is kept: another's answer, where the lease was taken over and ended first. */
  async end(lease: string, ended: Ended): Promise<KeptAnswer | undefined> {
    const state = this.#kept;
    if (state === undefined) return undefined;
    if (machine.holds(state, lease)) {
      if (ended.ok) this.ctx.storage.kv.put("answer", ended.answer);
      this.#become(machine.withEnd(state, ended, this.#now()));
      this.ctx.waitUntil(this.#writeLedger());
      return ended.ok ? ended.answer : undefined;
    }
    return state.delivery.state === "answered" ? this.ctx.storage.kv.get<KeptAnswer>("answer") : undefined;
  }

  /** How the payment stands, for its payer; undefined where nothing is known of it, or no more. */
  async show(): Promise<machine.Standing | undefined> {
    const state = this.#kept ?? this.#draft;
    return state === undefined ? undefined : machine.standingOf(state);
  }

  /** Whether it was taken, or may be yet: what its payer's identifier goes by. */
  lives(): boolean {
    const state = this.#kept ?? this.#draft;
    return (
      state !== undefined &&
      state.outcome.state !== "refused" &&
      (state.outcome.state !== "reversed" || state.delivery.state === "answered")
    );
  }

  override async alarm(): Promise<void> {
    try {
      await this.#catchUp();
    } catch (fault) {
      log("error", "settlement_not_caught_up", { paymentId: this.#kept?.paymentId, fault: describeFault(fault) });
    }
    this.#schedule(alarmPauseMs);
  }

  /** What is due though nobody asks: reconcile, credit, look again, log, forget. */
  async #catchUp(): Promise<void> {
    if (this.#kept === undefined) return;
    const looksAt = machine.looksAt(this.#kept);
    if (looksAt !== undefined && looksAt <= this.#now() && this.#work === undefined) {
      const { outcome } = this.#kept;
      // Nobody waits for what was never settled: it is found out, not asked for. What was delivered for is asked for again.
      this.#begin(() => this.#pursue(this.#kept, outcome.state === "settled"));
    }
    await this.#work;
    this.#become(machine.lapse(this.#kept, this.#now()));
    await this.#writeLedger();
    const forgottenAt = machine.forgottenAt(this.#kept);
    if (forgottenAt === undefined || forgottenAt > this.#now() || this.#outbox.size() > 0) return;
    this.#kept = undefined;
    await this.ctx.storage.deleteAll();
  }

  async #open(draft: State): Promise<Worked> {
    this.#draft = draft;
    try {
      const opened: Opened = await openSettlement(draft, this.#ports(draft));
      if (opened.ok) {
        const { settlement, facts } = opened;
        await pursueSettlement(settlement, this.#ports(settlement), { until: this.#now() + pursuitMs, ask: true, facts });
        return {};
      }
      log("info", "payment_not_opened", { paymentId: draft.paymentId, refusal: opened.refusal, detail: opened.detail });
      return { refusal: opened.refusal };
    } finally {
      this.#draft = undefined;
    }
  }

  async #pursue(state: State | undefined, ask: boolean): Promise<Worked> {
    if (state !== undefined) await pursueSettlement(state, this.#ports(state), { until: this.#now() + pursuitMs, ask });
    return {};
  }

  /** One pursuit at a time. It never throws: whoever waits for it sees in the state what it came to. */
  #begin(work: () => Promise<Worked>): void {
    this.#work = work()
      .catch((fault: unknown): Worked => {
        log("error", "settlement_pursuit_failed", { paymentId: this.#kept?.paymentId, fault: describeFault(fault) });
        return {};
      })
      .finally(() => (this.#work = undefined));
    // Goes on where whoever asked for it has gone away.
    this.ctx.waitUntil(this.#work);
  }

  #ports(state: State): Ports {
    const keep = async (next: State): Promise<void> => {
      // A pursuit knows of the outcome alone: deliveries go on beside it.
      const { begun, delivery, receipts } = this.#kept ?? next;
      this.#become({ ...next, begun, delivery, receipts });
      await this.ctx.storage.sync();
    };
    return { ...outsideOf(requireEnvironment(this.env), state.terms), now: this.#now, wait: (ms) => scheduler.wait(ms), keep };
  }

  #lend(state: State, now: number): Told {
    const lease = crypto.randomUUID();
    this.#become(machine.withLease(state, lease, now));
    return { kind: "deliver", settlement: settledHeader(state), lease };
  }

  #recall(state: State): Told {
    const answer = this.ctx.storage.kv.get<KeptAnswer>("answer");
    if (answer === undefined) throw new Error("an answered payment has no answer");
    return { kind: "answer", settlement: settledHeader(state), answer };
  }

  /** Writes the state, and with it what the ledger is owed for it: all durable together, before anything leaves this object. */
  #become(next: State): void {
    const before = this.#kept;
    if (before === next) return;
    const { entries, settlement } = before === undefined ? { entries: [], settlement: next } : enterNotes(before, next);
    const { paymentId: resource } = next;
    for (const data of entries)
      this.#outbox.add({ id: newId("auditEvent"), action: data.action, resource, actor: ledgerActor, change: data, data, at: this.#now() });
    this.#kept = settlement;
    this.ctx.storage.kv.put("settlement", settlement);
    this.#schedule(0);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async #writeLedger(): Promise<void> {
    const env = requireEnvironment(this.env);
    this.#retryLedgerAt = await this.#outbox.drain((entry) => logPayment(env, entry));
    if (this.#retryLedgerAt !== undefined) this.#schedule(0);
  }

  #schedule(leastMs: number): void {
    const now = this.#now();
    const ledger = this.#outbox.size() > 0 ? (this.#retryLedgerAt ?? now + ledgerGraceMs) : undefined;
    const due = [this.#kept && machine.wakesAt(this.#kept), ledger].filter((at) => at !== undefined);
    if (due.length > 0) this.ctx.waitUntil(this.ctx.storage.setAlarm(Math.max(now + leastMs, Math.min(...due))));
  }

  /** Until something changes, the pursuit ends (what it came to), or so long. */
  async #turn(ms: number): Promise<Worked | undefined> {
    this.#waiting += 1;
    const late = new AbortController();
    try {
      const passed = scheduler.wait(ms, { signal: late.signal }).catch(() => undefined);
      const changed = this.#changed.promise.then(() => undefined);
      return await Promise.race([...(this.#work === undefined ? [] : [this.#work]), changed, passed.then(() => undefined)]);
    } finally {
      late.abort();
      this.#waiting -= 1;
    }
  }

  readonly #now = (): number => currentTime().getTime();
}
