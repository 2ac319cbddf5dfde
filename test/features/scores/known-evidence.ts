import type { Evidence, EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { dayAt, digestOf, makeEvidence, ownerOrg } from "./make-evidence.ts";

const kinds = ["accuracy", "pactCompliance", "safety", "reliability", "latency"] as const;
const authors = ["platform", ownerOrg, "platform", "org_peer", "platform"];

/** Run `index` of a history in which everything that the formula knows occurs: no chance, so that any implementation can make it. */
function knownRecord(index: number): EvidenceRecord {
  const author = authors[index % authors.length] ?? "platform";
  const assurance = author === ownerOrg ? "own_suite" : index % 7 === 3 ? "reported" : "independent_suite";
  const casesRun = index % 4 === 2 ? 3 : 6;
  const versionNumber = index < 12 ? 1 : 2;
  return {
    runId: `evl_${String(index).padStart(22, "0")}`,
    suiteDigest: digestOf(index % 3),
    author,
    assurance,
    versionNumber,
    versionDigest: digestOf(versionNumber),
    at: dayAt(index * 0.75),
    entries: kinds.flatMap((dimension, kind) =>
      Array.from({ length: casesRun }, (_, caseIndex) => {
        const luck = (index * 31 + kind * 17 + caseIndex * 7) % 23;
        return { dimension, value: luck === 0 ? 0 : luck === 1 ? 0.5 : 1, caseIndex, check: String(kind) };
      }),
    ),
    unavailable: kinds.map((dimension) => ({
      dimension,
      reason: casesRun === 6 ? "timeout" : "not_run",
      attribution: "platform",
      count: 3,
    })),
  };
}

/** 60 runs by three authors over 45 days and two versions, some stopped, looked at ten days later. */
export const knownEvidence: Evidence = makeEvidence(
  Array.from({ length: 60 }, (_, index) => knownRecord(index)),
  { asOf: dayAt(55.5), versionNumber: 2 },
);
