import { expect, it } from "vitest";
import { openStatement } from "../../src/crypto/statement/open-statement.ts";
import { signStatement } from "../../src/crypto/statement/statement.ts";
import { printReport } from "../../src/verifier/node/print-report.ts";
import { newSigner, sampleAttestation } from "../crypto/statement/signing.ts";

const digest = `sha256:${"ab".repeat(32)}`;

/** The head of the report of a receipt that says this. */
async function headOf(said: object): Promise<string> {
  const { predicate, subject } = sampleAttestation({ number: 1, previous: null, expiresAt: undefined, ...said });
  const { jws } = await signStatement(await newSigner(), { kind: "receipt", subject, predicate });
  const opened = await openStatement(jws);
  if (!opened.ok) expect.fail(opened.fault);
  return printReport({ findings: [], statement: opened.opened.statement }, [], 0);
}

it("says of a receipt what was decided, under which policy and by which approval, and what came of it", async () => {
  const policy = { id: "pol_1", digest, decision: "require_approval" };
  const approved = { mode: "production", disposition: "executed", effect: "confirmed", policy, approval: { id: "apr_1", digest } };
  const report = await headOf({ ...approved, about: "inv_1", action: { name: "grant.invoke", digest } });
  for (const line of [
    /action +grant\.invoke, inv_1\n/,
    /disposition +executed\n/,
    /effect +confirmed\n/,
    /decision +require_approval, by pol_1\n/,
    /approval +apr_1\n/,
  ])
    expect(report).toMatch(line);
});

it("says nothing of what a receipt says nothing of, or says in another form", async () => {
  for (const said of [{ policy: null, approval: null, effect: null, action: null }, { policy: 1, approval: "x", action: { name: 2 } }, {}])
    expect(await headOf(said)).not.toMatch(/decision|approval|effect|action {2}/);
});
