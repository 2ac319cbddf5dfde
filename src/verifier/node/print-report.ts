import { z } from "zod";
import { predicateTypes } from "../../crypto/statement/statement.ts";
import type { Report } from "../check-document.ts";
import { acceptable, holds, verdicts, type Finding, type Verdict } from "../verdicts.ts";

const exitCodes = Object.entries(verdicts)
  .filter(([, [, isGood]]) => !isGood)
  .toSorted(([, [a]], [, [b]]) => a - b)
  .map(([verdict, [code, , meaning]]) => `  ${String(code).padStart(2)}  ${verdict.padEnd(24)} ${meaning}`);

export const usage = `armalo-verify FILE --issuer FINGERPRINT|FILE

Checks an attestation, a receipt, a payment's receipt, a room's transcript, an audit export, a checkpoint or an evidence bundle. It
reads the files named here and nothing else: no network, no server.

  --issuer        the issuer's root key (or one signing key): its fingerprint, or a file with it. May be repeated
  --keys          the issuer's key history, as new as you can get it: jwks.json, or the signed history by itself
  --checkpoint    for an audit export: the checkpoint to check it against
  --leaf-hashes   for an audit export: the log's leaf hashes, so that a changed event can be named
  --witness       a witness's verifier key (name+id+base64) whose co-signature counts. May be repeated
  --max-list-age  how old a revocation list may be: 24h (the default), 30d, …
  --accept        one of ${acceptable.join(", ")}: what you take upon yourself. May be repeated
  --at            check as of this time
  --json          the report as JSON

Exit codes: 0 everything holds, 2 the command cannot be understood, and
${exitCodes.join("\n")}`;

/** The report for people: what the statement says it is, a line for each check, and one word at the end. */
export function printReport({ findings, statement }: Report, accepted: readonly Verdict[], exitCode: number): string {
  const lines = findings.map((one) => lineOf(one, accepted));
  const claimed = exitCode === 0 ? [] : ["What the file claims to be:"];
  return [
    ...(statement === null ? [] : [...claimed, ...headOf(statement), ""]),
    ...lines,
    "",
    conclusion(findings, accepted, exitCode),
  ].join("\n");
}

function lineOf(found: Finding, accepted: readonly Verdict[]): string {
  const { check, verdict, detail } = found;
  const [, isGood, meaning] = verdicts[verdict];
  const mark = isGood ? "ok  " : holds(found, accepted) ? "open" : "FAIL";
  return `  ${check.padEnd(10)} ${mark}  ${verdict}: ${meaning}${detail === "" ? "" : `\n${" ".repeat(19)}${detail}`}`;
}

function headOf({ predicateType, predicate, subject }: NonNullable<Report["statement"]>): string[] {
  const kind = Object.entries(predicateTypes).find(([, type]) => type === predicateType)?.[0] ?? predicateType;
  const { id, issuer, organization, deployment, agent, issuedAt } = predicate;
  const own = ["mode", "disposition", "effect", "counterparty", "room", "swarm", "payment", "operation"].flatMap((name) => {
    const said = predicate[name];
    return typeof said === "string" ? [`  ${name.padEnd(11)} ${said}`] : [];
  });
  return [
    `${kind.replace("_", " ")} statement ${id}`,
    `  issuer      ${issuer} (${deployment.kind}, ${deployment.environment})`,
    agent === undefined ? `  signed by   ${organization}` : `  agent       ${agent.id} version ${agent.versionNumber} of ${organization}`,
    `  issued      ${issuedAt}`,
    ...own,
    ...decisionOf(predicate),
    ...subject.map(({ name, digest }) => `  subject     ${name} sha256:${digest.sha256}`),
  ];
}

const Decided = z.object({ id: z.string(), decision: z.string() });
const Named = z.object({ id: z.string() });
const Action = z.object({ name: z.string() });

/** Of a receipt: what was to be done, what was decided on it, and by whose leave. */
function decisionOf({ action, about, policy, approval }: NonNullable<Report["statement"]>["predicate"]): string[] {
  const [what, decided, approved] = [Action.safeParse(action), Decided.safeParse(policy), Named.safeParse(approval)];
  return [
    ...(what.success ? [`  action      ${what.data.name}${typeof about === "string" ? `, ${about}` : ""}`] : []),
    ...(decided.success ? [`  decision    ${decided.data.decision}, by ${decided.data.id}`] : []),
    ...(approved.success ? [`  approval    ${approved.data.id}`] : []),
  ];
}

function conclusion(findings: readonly Finding[], accepted: readonly Verdict[], exitCode: number): string {
  const logged = findings.some(({ verdict }) => verdict === "not_logged") ? "signed" : "signed and logged";
  if (exitCode === 0) return `Verified: the issuer ${logged} this. Whether what it says is true, no signature can show.`;
  const failed = findings.filter((one) => !holds(one, accepted)).map(({ verdict }) => verdict);
  return `Not verified: ${[...new Set(failed)].join(", ")} (exit code ${exitCode}).`;
}
