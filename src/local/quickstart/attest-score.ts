import { join } from "node:path";
import { z } from "zod";
import { StatementBundle } from "../../features/statements/index.ts";
import { setClaimPolicy } from "../admin/set-claim-policy.ts";
import type { RunAsAdmin } from "../admin/act.ts";
import type { ApiClient } from "../api-client.ts";
import { writePrivateFile } from "../private-file.ts";
import { checkOffline } from "./check-offline.ts";
import type { Progress } from "./state.ts";

type Ground = {
  readonly folder: string;
  readonly run: RunAsAdmin;
  readonly api: ApiClient;
  readonly say: (line: string) => void;
};

const Policy = z.object({ number: z.int().nullable() });
const Issued = z.object({ id: z.string(), bundle: StatementBundle });

/** What the quickstart's operator allows: its own keys may have scores attested, every figure shown. */
const policy = {
  rules: [{ agents: "all", statements: ["score"], evidenceDigests: true, maxLifetimeDays: 30, requestedBy: ["organization"] }],
};

/** Has the score attested, keeps it as a file, and checks that file as a stranger would who has the root key's fingerprint and no network. */
export async function attestScore({ folder, run, api, say }: Ground, { state, note }: Progress): Promise<void> {
  const { orgId = "", agentId = "", seed } = state;
  if ((await api.call("GET", "/v1/claim-policy", Policy)).number === null) await setClaimPolicy(run, orgId, policy);
  const wanted = { about: { kind: "score", evidenceDigests: true } };
  const made = await api.call("POST", `/v1/agents/${agentId}/attestations`, Issued, wanted, `quickstart-${seed}-attestation`);
  // A repeated request is answered as before the log had covered it: what is read again has its proof.
  const bundle =
    made.bundle.inclusion === null ? await api.call("GET", `/v1/attestations/${made.id}/bundle`, StatementBundle) : made.bundle;
  const file = join(folder, "attestation.json");
  await writePrivateFile(file, bundle);
  const { report, fingerprint } = await checkOffline(folder, { kind: "bundle", bundle });
  say(`The score is attested, and checked offline by the root key that this installation made:\n`);
  say(report);
  say(`\n  npx armalo-verify ${file} --issuer ${fingerprint}     the same, from this folder and with no network\n`);
  await note({ attested: true });
}
