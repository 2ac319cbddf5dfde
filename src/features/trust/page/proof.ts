import { markup, type Markup } from "../../../http/markup.ts";
import type { TrustView } from "../schemas.ts";
import { isFinding, moment, nameOfSubject, percent, share } from "./words.ts";

/** What a stranger needs to check the figures without us. */
export const proof = (report: TrustView): Markup =>
  markup`<section aria-labelledby="proof"><h2 id="proof">Check it without us</h2>${attestation(report)}${log(report)}</section>`;

function attestation({ attestation: shown, unavailable, agent }: TrustView): Markup {
  if (shown === null) {
    const reason = unavailable.find(({ subject }) => subject === "attestation")?.inWords ?? "";
    return markup`<p>No signed attestation is in force. ${reason}</p>`;
  }
  const version = shown.isOfPresentVersion
    ? markup`${shown.agentVersionNumber}, the present one`
    : markup`${shown.agentVersionNumber}; the agent has changed since, and is at ${agent.versionNumber}`;
  return markup`<p>The score was put into a signed statement that holds wherever it is copied. This file brings its proof from the log, the keys and the revocation list. The verifier is one file of Armalo's source, from where you trust it; it needs no network, and the fingerprint of the installation's root key from somebody you trust.</p>
<pre><code>curl -o attestation.json ${shown.bundle}
node armalo-verify.mjs attestation.json --issuer FINGERPRINT</code></pre>
<dl class="facts"><dt>Attestation</dt><dd><a href="${shown.bundle}"><code>${shown.id}</code></a></dd><dt>Issued</dt><dd>${moment(shown.issuedAt)}</dd><dt>Holds until</dt><dd>${moment(shown.expiresAt)}</dd><dt>Agent version</dt><dd>${version}</dd><dt>Revocation</dt><dd>not revoked, as of ${moment(shown.revocation.asOf)} (<a href="${shown.revocation.list}">signed list</a>)</dd><dt>Signing key</dt><dd><code>${shown.kid}</code>, ${shown.keyState}</dd><dt>Digest</dt><dd><code>${shown.digest}</code></dd></dl>`;
}

function log({ log: head, links, score }: TrustView): Markup {
  const checkpoint =
    head === null
      ? markup`<dd>nothing signed yet</dd>`
      : markup`<dd><a href="${head.checkpoint}">${head.size} events</a>, signed ${moment(head.signedAt)}, root <code>${head.root}</code></dd>`;
  return markup`<dl class="facts"><dt>Log checkpoint</dt>${checkpoint}<dt>Evidence digest</dt><dd><code>${score.evidenceDigest}</code></dd><dt>Public keys</dt><dd><a href="${links.keys}">keys and their signed history</a></dd></dl>`;
}

/** How far the agent keeps its pacts, where that was checked. */
export function compliance({ pactCompliance: found }: TrustView): Markup {
  const words =
    found === null
      ? markup`No check of a pact has been scored, so nothing is known of it.`
      : markup`${percent(found.rate)} of ${found.checks} scored checks of its pacts were kept. With their weights, the true rate lies above ${share(found.L)} and below ${share(found.U)}, with 95 % confidence each.`;
  return markup`<section aria-labelledby="pacts"><h2 id="pacts">Pact compliance</h2><p>${words}</p></section>`;
}

/** What is missing, each with its reason. */
export function gaps({ unavailable }: TrustView): Markup {
  const unknown = unavailable.filter(({ reason }) => !isFinding(reason));
  const items = unknown.map(({ subject, inWords }) => markup`<dt>${nameOfSubject(subject)}</dt><dd>${inWords}</dd>`);
  const body =
    unknown.length === 0
      ? markup`<p>Nothing is missing from this report.</p>`
      : markup`<p>What is missing counts neither for the agent nor against it.</p><dl class="facts gaps">${items}</dl>`;
  return markup`<section aria-labelledby="gaps"><h2 id="gaps">What is not known</h2>${body}</section>`;
}
