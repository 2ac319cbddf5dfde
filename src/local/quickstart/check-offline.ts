import { currentTime } from "../../platform/clock.ts";
import { checkDocument } from "../../verifier/check-document.ts";
import { printReport } from "../../verifier/node/print-report.ts";
import type { Document } from "../../verifier/read-document.ts";
import { exitCodeOf } from "../../verifier/verdicts.ts";
import { readRootKey } from "../admin/root-key.ts";
import { rootKeyFile } from "../keep-key-history.ts";

type Checked = { readonly report: string; readonly exitCode: number; readonly fingerprint: string };

/** Checks a document as a stranger would who has the root key's fingerprint and no network; the report to print, and that fingerprint. */
export async function checkOffline(folder: string, document: Document): Promise<Checked> {
  const root = await readRootKey(rootKeyFile(folder));
  const fingerprints = root === undefined ? [] : [root.kid];
  const beside = { keyHistory: null, checkpoint: null, leaves: null, accepted: [] };
  const pins = { fingerprints, witnesses: [], now: currentTime(), maxListAgeSeconds: 86_400 };
  const checked = await checkDocument(document, beside, pins);
  const exitCode = exitCodeOf(checked.findings, []);
  return { report: printReport(checked, [], exitCode).replaceAll(/^(?=.)/gm, "  "), exitCode, fingerprint: root?.kid ?? "FINGERPRINT" };
}
