/** What the archive is of. */
export type ArchiveFacts = {
  readonly issuer: string;
  readonly orgId: string;
  readonly size: number;
  readonly origin: string;
  /** The checkpoint key's file name below keys/. */
  readonly checkpointKey: string;
};

const fence = "```";

/** VERIFY.md: how a stranger checks the archive, with openssl alone or with armalo-verify. Each block runs as it stands, inside the unpacked folder. */
export const verifyText = (facts: ArchiveFacts): string => `${contents(facts)}
## With armalo-verify

${fence}text
node armalo-verify.mjs evidence.zip --issuer FINGERPRINT
${fence}

It is one file that needs Node 22 and nothing else: \`npm run pack:verifier\` makes it from Armalo's source, which you should get from where you trust it. It tells what was changed, left out, moved or cut off, and by which key each thing was signed.

What was said in a room is not in this archive: \`GET /v1/rooms/{roomId}/transcript\` gives a file of its own, which armalo-verify checks in the same way. Of that the log holds who joined and left, who was put out, and the digests of messages that had an effect outside of their room.

## With openssl

${checkLog(facts)}
${checkStatements}`;

const contents = ({ issuer, orgId, size, origin }: ArchiveFacts): string => `# How to check this without us

This archive holds the first ${size} audit events of ${orgId} at ${issuer}, and what was signed about them.

| file | what it is |
| --- | --- |
| events.jsonl | every event, one canonical JSON text (RFC 8785) a line, in the order of the log |
| leaf-hashes.txt | base64 of SHA-256(0x00, line) for each event: the leaves of the RFC 6962 tree |
| checkpoint.txt | the signed root over them (C2SP signed note and tlog-checkpoint) of ${origin} |
| receipts/, attestations/, cosignatures/ | the signed statements, each with the event that issued it and the proof that it is logged (C2SP tlog-proof) |
| status-list.jws | which attestations and co-signatures were taken back, as of when this was made |
| keys/ | the public keys: jwks.json has those whose signatures count; a PEM file each, also for revoked ones; and their history as the offline root key signed it, which says since when, until when and which are revoked |

None of this says whose keys these are. Get the fingerprint of the issuer's root key from the issuer by another way, and compare.
`;

const checkLog = ({
  origin,
  checkpointKey,
}: ArchiveFacts): string => `The checkpoint's signature: the text is everything up to the empty line, the signature is base64 with four bytes of key id in front.

${fence}bash
sed '/^$/,$d' checkpoint.txt > checkpoint.body
grep '^— ${origin} ' checkpoint.txt | head -n 1 | cut -d' ' -f3 | openssl base64 -d -A | tail -c +5 > checkpoint.sig
openssl pkeyutl -verify -pubin -inkey keys/${checkpointKey} -rawin -in checkpoint.body -sigfile checkpoint.sig
${fence}

An event's leaf hash, here the first one's, is the line of its number in leaf-hashes.txt:

${fence}bash
(printf '\\000'; sed -n 1p events.jsonl | tr -d '\\n') | openssl dgst -sha256 -binary | openssl base64 -A | diff - <(sed -n 1p leaf-hashes.txt | tr -d '\\n')
${fence}

The root over all of them (slow, and needs nothing but openssl):

${fence}bash
cp leaf-hashes.txt level
while [ "$(wc -l < level)" -gt 1 ]; do
  while read -r left; do
    if read -r right; then
      (printf '\\001'; echo "$left" | openssl base64 -d -A; echo "$right" | openssl base64 -d -A) | openssl dgst -sha256 -binary | openssl base64 -A; echo
    else echo "$left"; fi
  done < level > above; mv above level
done
diff level <(sed -n 3p checkpoint.body)
${fence}
`;

const checkStatements = `Each statement's signature: a compact JWS, signed by the key that its header names. How that key stands, the history in keys/ says: openssl does not know which are revoked.

${fence}bash
for file in receipts/*.json attestations/*.json cosignatures/*.json; do
  [ -e "$file" ] || continue
  jws=$(tr ',' '\\n' < "$file" | sed -n 's/.*"statement":"\\(eyJ[^"]*\\)".*/\\1/p')
  decode() { tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | openssl base64 -d -A; }
  kid=$(echo "$jws" | cut -d. -f1 | decode | sed 's/.*"kid":"\\([^"]*\\)".*/\\1/')
  echo "$jws" | cut -d. -f1,2 | tr -d '\\n' > signed.bin
  echo "$jws" | cut -d. -f3 | decode > signature.bin
  openssl pkeyutl -verify -pubin -inkey "keys/$kid.pem" -rawin -in signed.bin -sigfile signature.bin
done
${fence}
`;
