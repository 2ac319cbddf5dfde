import type { JsonValue } from "../../crypto/canonical-json.ts";
import { subjectOf, type Subject } from "../../crypto/statement/statement.ts";
import { type ScoreDocument } from "../scores/index.ts";
import { dimensionNames, type Dimension } from "../../scores/names.ts";
import type { RunRow } from "../evals/index.ts";
import type { PactRow } from "../pacts/index.ts";
import type { CosignerRow } from "./store.ts";

/** What of a score, or of a run, is shown. What is held back is named, never that there is nothing. */
export type Disclosure = { readonly dimensions: readonly Dimension[]; readonly evidenceDigests: boolean };

/** A statement's content: what it is about, by digest, and what it says. */
export type Content = {
  readonly subject: readonly Subject[];
  readonly agentVersion: { readonly number: number; readonly digest: string };
  readonly claim: { readonly [name: string]: JsonValue | undefined };
};

type Version = { readonly number: number; readonly digest: string };

/**
 * A score with its provenance. All figures of a dimension can be held back; that it exists, that it lacks evidence, and open critical
 * violations cannot.
 */
export function scoreContent(document: ScoreDocument, version: Version, { dimensions, evidenceDigests }: Disclosure): Content {
  const { provenance, dimensions: all, inWords: _, pactComplianceRate, ...rest } = document;
  const { evidenceDigest, ...shown } = provenance;
  const shows = (name: Dimension): boolean => dimensions.includes(name);
  const figures = Object.fromEntries(dimensions.map((name) => [name, figuresOf(all[name])]));
  return {
    subject: [subjectOf("agent-version", version.digest), ...(evidenceDigests ? [subjectOf("score-evidence", evidenceDigest)] : [])],
    agentVersion: version,
    claim: {
      ...rest,
      pactComplianceRate: shows("pactCompliance") ? pactComplianceRate : undefined,
      missing: rest.missing.map(({ inWords: _words, ...missing }) =>
        shows(missing.dimension) ? missing : { dimension: missing.dimension },
      ),
      openCriticalViolations: rest.openCriticalViolations.map((violation) => ({ ...violation })),
      dimensions: figures,
      withheldDimensions: dimensionNames.filter((name) => !shows(name)),
      provenance: { ...shown, evidenceDigest: evidenceDigests ? evidenceDigest : null },
    },
  };
}

function figuresOf(dimension: ScoreDocument["dimensions"][Dimension]): JsonValue {
  const { inWords: _, unavailable, independent, ...figures } = dimension;
  return { ...figures, independent: { ...independent }, unavailable: unavailable.map((one) => ({ ...one })) };
}

/** A finished run: pass rate and availability side by side, who wrote the suite, who judged it besides us, and whether it was a simulation. */
export function runContent(run: RunRow, casesDigest: string | null): Content {
  const version = { number: run.agentVersionNumber, digest: run.agentVersionDigest };
  const pact = run.pactDigest === null ? [] : [subjectOf("pact", run.pactDigest)];
  const cases = casesDigest === null ? [] : [subjectOf("eval-cases", casesDigest)];
  return {
    subject: [subjectOf("agent-version", version.digest), subjectOf("eval-suite", run.suiteDigest), ...pact, ...cases],
    agentVersion: version,
    claim: {
      runId: run.id,
      suiteId: run.suiteId,
      suiteAuthor: run.suiteAuthor,
      mode: run.mode,
      judges: run.judgePanelDigest === null ? null : { panelDigest: run.judgePanelDigest, calibrated: run.calibrationId !== null },
      status: run.status,
      counts: { ...run.counts },
      passRate: run.passRate,
      availability: run.availability,
      lower95: run.lower95,
      floor: run.floor,
      verdict: run.verdict,
      reasonCodes: [...run.reasonCodes],
      startedAt: run.startedAt?.toISOString() ?? null,
      finishedAt: run.finishedAt?.toISOString() ?? null,
      casesDigest,
    },
  };
}

/**
 * That an agent's organization bound it to a pact; its text need not be shown, the digest holds it. `cosigners`, unless withheld, are the
 * organizations that signed that digest too: whoever has their statements can check that both sides agreed to the same.
 */
export function pactContent(
  pact: PactRow & { readonly digest: string },
  version: Version,
  cosigners: readonly CosignerRow[] | null,
): Content {
  const severities = Map.groupBy(pact.conditions, ({ severity }) => severity);
  return {
    subject: [
      subjectOf("pact", pact.digest),
      subjectOf("agent-version", version.digest),
      ...(cosigners ?? []).map(({ digest }) => subjectOf("pact-cosignature", digest)),
    ],
    agentVersion: version,
    claim: {
      pactId: pact.id,
      lineageId: pact.lineageId,
      version: pact.version,
      name: pact.name,
      state: pact.state,
      digest: pact.digest,
      activatedAt: pact.activatedAt?.toISOString() ?? null,
      conditions: Object.fromEntries([...severities].map(([severity, conditions]) => [severity, conditions.length])),
      cosignatures:
        cosigners?.map((row) => ({ ...row, signedAt: row.signedAt.toISOString(), withdrawnAt: row.withdrawnAt?.toISOString() ?? null })) ??
        null,
    },
  };
}
