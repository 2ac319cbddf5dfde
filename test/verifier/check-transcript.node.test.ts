import { createPublicKey, verify as verifySignature } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { compactVerify, importJWK } from "jose";
import { utf8 } from "../../src/crypto/encoding.ts";
import { chainStart, messageDigest, type SealedMessage } from "../../src/crypto/room-chain.ts";
import { signHistory } from "../../src/crypto/statement/key-history.ts";
import { signStatement, subjectOf, type NewStatement, type Subject } from "../../src/crypto/statement/statement.ts";
import { headerLine, messageLine, transcriptFormat } from "../../src/crypto/statement/transcript.ts";
import { checkDocument } from "../../src/verifier/check-document.ts";
import { readDocument } from "../../src/verifier/read-document.ts";
import type { Pins } from "../../src/verifier/trust.ts";
import { exitCodeOf, verdicts } from "../../src/verifier/verdicts.ts";
import { newSigner, sampleAttestation } from "../crypto/statement/signing.ts";
import { change, day, introduced, newIssuer, type TestIssuer } from "./issuer.ts";
import { converse, sampleRoom, transcriptOf } from "./transcripts.ts";

let issuer: TestIssuer;
let pins: Pins;
const messages = converse(["hello", { offer: 3, to: "žluťoučký kůň ✓" }, [1, 2], null, "bye"]);
let lines: string[];

beforeAll(async () => {
  issuer = await newIssuer();
  pins = { fingerprints: [issuer.root.kid], witnesses: [], now: day(40), maxListAgeSeconds: 86_400 };
  lines = await transcriptOf(issuer, messages);
});

async function judge(
  file: string | readonly string[] | Uint8Array<ArrayBuffer>,
  over: Partial<Pins> = {},
  keyHistory: string | null = null,
) {
  const bytes = file instanceof Uint8Array ? file : utf8(typeof file === "string" ? file : file.join(""));
  const document = readDocument(bytes);
  if (document === undefined) return { exit: 3, lines: ["form malformed"], details: "" };
  const beside = { keyHistory, checkpoint: null, leaves: null, accepted: [] };
  const { findings } = await checkDocument(document, beside, { ...pins, ...over });
  return {
    exit: exitCodeOf(findings, []),
    lines: findings.map(({ check, verdict }) => `${check} ${verdict}`),
    details: findings.map(({ detail }) => detail).join("\n"),
  };
}
const without = (...seqs: number[]): string[] => lines.filter((_, index) => !seqs.includes(index));
const edited = (seq: number, edit: (message: SealedMessage) => SealedMessage): string[] =>
  lines.map((line, index) =>
    index === seq
      ? messages
          .filter((one) => one.seq === seq)
          .map((one) => messageLine(edit(one)))
          .join("")
      : line,
  );

describe("a room's transcript", () => {
  it("holds where it is whole: who signed it, and every message, the log having no part in it", async () => {
    const judged = await judge(lines);
    expect(judged).toMatchObject({
      exit: 0,
      lines: [
        "issuer root_pinned",
        "signature signature_valid",
        "key key_active",
        "log not_logged",
        "expiry without_expiry",
        "revocation not_revocable",
        "messages complete",
      ],
    });
    expect(judged.details).toContain(`no. 1 to 5 of ${sampleRoom}`);
  });

  it("holds of a room where nothing was said, and where the older messages were not kept, and says so", async () => {
    expect(await judge(await transcriptOf(issuer, []))).toMatchObject({ exit: 0 });
    const [, second = chainStart] = messages;
    const later = await judge(await transcriptOf(issuer, messages.slice(2), { after: second }));
    expect(later.exit).toBe(0);
    expect(later.details).toContain("no. 3 to 5");
    expect(later.details).toContain("the room no longer kept those before");
    expect((await judge(await transcriptOf(issuer, [], { after: second }))).exit).toBe(0);
  });

  it("holds without the last newline, which nothing stands behind", async () => {
    expect((await judge(lines.join("").trimEnd())).exit).toBe(0);
  });

  it("tells what was changed, left out, moved, cut off, doubled and added apart", async () => {
    const wrong = edited(2, (message) => ({ ...message, body: { offer: 4 } }));
    expect(await judge(wrong)).toMatchObject({ exit: 40, lines: expect.arrayContaining(["messages changed"]) });
    expect((await judge(wrong)).details).toContain("message 2");
    const resealed = edited(2, (message) => {
      const forged = { ...message, from: "agt_9" };
      return { ...forged, digest: messageDigest(sampleRoom, forged) };
    });
    expect((await judge(resealed)).exit).toBe(40);
    expect(await judge(without(3))).toMatchObject({ exit: 41, lines: expect.arrayContaining(["messages missing"]) });
    expect(await judge(without(1))).toMatchObject({ exit: 41 });
    const [header = "", one = "", two = "", ...rest] = lines;
    expect(await judge([header, two, one, ...rest])).toMatchObject({ exit: 42, lines: expect.arrayContaining(["messages reordered"]) });
    expect(await judge(without(5))).toMatchObject({ exit: 43, lines: expect.arrayContaining(["messages truncated"]) });
    expect(await judge([header])).toMatchObject({ exit: 43 });
    expect(await judge([...lines, one])).toMatchObject({ exit: 44, lines: expect.arrayContaining(["messages repeated"]) });
    const more = converse(["more"], messages.at(-1)).map(messageLine);
    expect(await judge([...lines, ...more])).toMatchObject({ exit: 45, lines: expect.arrayContaining(["messages unlogged"]) });
  });

  it("is told as cut off wherever its stream broke off, in the middle of a message too", async () => {
    const whole = utf8(lines.join(""));
    const head = utf8(lines[0] ?? "").length;
    for (let end = head; end < whole.length - 1; end += 7) {
      const judged = await judge(whole.slice(0, end));
      expect(judged.exit, `${end} of ${whole.length} bytes`).toBe(43);
    }
    expect((await judge(whole.slice(0, head - 10))).exit).toBe(3);
    expect((await judge(`${lines.join("")}{"seq":6`)).exit).toBe(40);
  });

  it("never holds with any byte altered, anywhere in the file", async () => {
    const whole = utf8(lines.join(""));
    const history = utf8(lines[0] ?? "").length;
    const exits = new Set<number>();
    for (let at = 0; at < whole.length; at += at < history ? 23 : 1) {
      const altered = Uint8Array.from(whole);
      altered[at] = (altered[at] ?? 0) ^ (at % 2 === 0 ? 1 : 0x20);
      const { exit } = await judge(altered);
      expect(exit, `byte ${at}`).not.toBe(0);
      exits.add(exit);
    }
    // Malformed, badly signed, issuer not shown, changed, and where a line's number or end was hit, the kinds that follow from that.
    for (const exit of exits) expect([3, 10, 11, 12, 40, 41, 43]).toContain(exit);
    for (const exit of [3, 10, 11, 40]) expect(exits).toContain(exit);
  });

  it("is refused in another spelling of the same messages, which another reader might read otherwise", async () => {
    const [header = "", one = "", ...rest] = lines;
    for (const line of [
      one.replace('{"at"', '{ "at"'),
      one.replace('"seq":1', '"seq":2,"seq":1'),
      one.replace('"seq":1', '"seq":1.0'),
      `\n${one}`,
    ]) {
      expect((await judge([header, line, ...rest])).exit, line).toBe(40);
    }
    expect((await judge([header, one.replace('"at"', '"added":1,"at"'), ...rest])).exit).toBe(40);
  });
});

describe("who signed a transcript", () => {
  it("is not known where no issuer is pinned, or another one", async () => {
    const other = await newSigner();
    expect(await judge(lines, { fingerprints: [] })).toMatchObject({ exit: 10, lines: expect.arrayContaining(["messages complete"]) });
    expect((await judge(lines, { fingerprints: [other.kid] })).exit).toBe(10);
    expect((await judge(await transcriptOf(issuer, messages, { said: { issuer: "https://other.test" } }))).exit).toBe(10);
  });

  it("is told apart by key: unknown, for something else, revoked, and not yet in use", async () => {
    const own = await newIssuer();
    const over = { fingerprints: [own.root.kid] };
    expect((await judge(await transcriptOf(own, messages), over)).exit).toBe(0);
    const unknown = await judge(await transcriptOf(own, messages, { by: await newSigner() }), over);
    expect(unknown.lines).toContain("key key_unknown");
    const other = await judge(await transcriptOf(own, messages, { by: own.checkpoint }), over);
    expect(other).toMatchObject({ exit: verdicts.key_other_purpose[0] });
    const late = await newSigner();
    change(own, introduced("statement", late, day(39)), day(36));
    expect((await judge(await transcriptOf(own, messages, { by: late }), over)).exit).toBe(verdicts.key_outside_its_time[0]);
    const before = await transcriptOf(own, messages);
    change(own, { kind: "revoke", kid: own.statement.kid, reason: "key_compromise", since: day(30) }, day(37));
    expect((await judge(await transcriptOf(own, messages), over)).exit).toBe(verdicts.key_revoked[0]);
    // The history in the file is older than the revocation: the reader's own says it.
    expect((await judge(before, over)).exit).toBe(0);
    expect((await judge(before, over, await signHistory(own.root, own.history))).exit).toBe(verdicts.key_revoked[0]);
  });

  it("does not vouch for the messages of another room, or for another statement's", async () => {
    const elsewhere = await transcriptOf(issuer, converse(["hello"], chainStart, `${sampleRoom.slice(0, -1)}2`));
    expect((await judge(elsewhere)).exit).toBe(40);
    const { jws } = await signStatement(issuer.statement, sampleAttestation());
    const keyHistory = await signHistory(issuer.root, issuer.history);
    const attested = headerLine({ format: transcriptFormat, statement: jws, keyHistory });
    expect((await judge([attested, ...lines.slice(1)])).exit).toBe(3);
    const otherwise = await transcriptOf(issuer, messages, { alter: (said) => ({ ...said, kind: "payment" }) });
    expect((await judge(otherwise)).exit).toBe(3);
  });

  it("is refused where the statement contradicts itself", async () => {
    const extent = { first: 1, last: 5, count: 5, before: chainStart.digest, digest: messages.at(-1)?.digest ?? "" };
    const saying = async (said: object, subject?: Subject[]) => {
      const alter = (statement: NewStatement): NewStatement => ({
        ...statement,
        subject: subject ?? statement.subject,
        predicate: { ...statement.predicate, messages: { ...extent, ...said } },
      });
      return (await judge(await transcriptOf(issuer, messages, { alter }))).exit;
    };
    expect(await saying({})).toBe(0);
    for (const said of [{ count: 4 }, { count: -1, first: 7 }, { first: 0, count: 6 }, { digest: "short" }, { more: 1 }])
      expect(await saying(said), JSON.stringify(said)).toBe(3);
    const about = subjectOf(sampleRoom, extent.digest);
    for (const subject of [[subjectOf("room_other", extent.digest)], [subjectOf(sampleRoom, extent.before)], [about, about]])
      expect(await saying({}, subject)).toBe(3);
  });

  it("is found by other people's tools as well: jose and OpenSSL read the same signature over the last digest", async () => {
    const { statement } = JSON.parse(lines[0] ?? "");
    const jwk = { kty: "OKP", crv: "Ed25519", x: issuer.statement.x };
    const { payload } = await compactVerify(statement, await importJWK(jwk, "EdDSA"));
    const said = JSON.parse(new TextDecoder().decode(payload));
    expect(said.subject).toEqual([{ name: sampleRoom, digest: { sha256: messages.at(-1)?.digest } }]);
    const [head, body, signature = ""] = statement.split(".");
    const key = createPublicKey({ key: jwk, format: "jwk" });
    expect(verifySignature(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"))).toBe(true);
  });
});
