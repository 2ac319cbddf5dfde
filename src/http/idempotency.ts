import { and, eq } from "drizzle-orm";
import type { IdempotencyRequest } from "../access/idempotency.ts";
import { sha256Digest } from "../crypto/digest.ts";
import { concatBytes, utf8 } from "../crypto/encoding.ts";
import type { SealedBox } from "../crypto/sealed-box.ts";
import { idempotentAnswers } from "../db/schema/idempotent-answers.ts";
import type { IdempotentWrite, ScopedDb, TenantReader } from "../db/tenant-db.ts";
import { problem } from "./problem.ts";

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/** The request's idempotency, or null where it has no key. The fingerprint covers method, path with query, and the raw body. */
export async function readIdempotency(
  request: Request,
  operation: string,
  body: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<IdempotencyRequest | null> {
  const key = request.headers.get("Idempotency-Key");
  if (key === null) return null;
  if (!keyPattern.test(key)) {
    throw problem("invalid_request", "Idempotency-Key", {
      errors: [{ path: "headers.Idempotency-Key", message: "1 to 255 printable ASCII characters." }],
    });
  }
  const { pathname, search } = new URL(request.url);
  const fingerprint = await sha256Digest(concatBytes(utf8(`${request.method} ${pathname}${search}\n`), await body()));
  return { operation, key, fingerprint };
}

const place = (actor: string, { operation, key }: IdempotencyRequest) => ({
  table: "idempotent_answers",
  row: `${actor}|${operation}|${key}`,
  field: "body",
});

/** How the answer is sealed into the change's own transaction. */
export function idempotentWrite(box: SealedBox, actor: string, request: IdempotencyRequest, status: number): IdempotentWrite {
  const { operation, key, fingerprint } = request;
  return {
    operation,
    key,
    answer: async (answer) => {
      const sealedBody = await box.seal(place(actor, request), JSON.stringify(answer));
      return ({ orm, orgId }) =>
        orm.insert(idempotentAnswers).values({ orgId, actor, operation, idempotencyKey: key, fingerprint, status, sealedBody });
    },
  };
}

type Asked = Pick<IdempotencyRequest, "operation" | "key">;

const isAnswer = ({ orgId }: ScopedDb, actor: string, { operation, key }: Asked) =>
  and(
    eq(idempotentAnswers.orgId, orgId),
    eq(idempotentAnswers.actor, actor),
    eq(idempotentAnswers.operation, operation),
    eq(idempotentAnswers.idempotencyKey, key),
  );

const selectAnswer = (db: ScopedDb, actor: string, asked: Asked) =>
  db.orm
    .select()
    .from(idempotentAnswers)
    .where(isAnswer(db, actor, asked));

/** A row where the request was answered before: for what must know that before it does what cannot be undone. */
export const selectAnswered = (db: ScopedDb, actor: string, asked: Asked | null) =>
  db.orm
    .select({ key: idempotentAnswers.idempotencyKey })
    .from(idempotentAnswers)
    .where(isAnswer(db, actor, asked ?? { operation: "", key: "" }));

/** The stored answer to the same request, or undefined where its change was never made. 422 where the request differs. */
export async function findAnswer(
  tenant: TenantReader,
  box: SealedBox,
  actor: string,
  request: IdempotencyRequest,
): Promise<{ status: number; body: string } | undefined> {
  const [[row]] = await tenant.read((db) => [selectAnswer(db, actor, request)]);
  if (row === undefined) return undefined;
  if (row.fingerprint !== request.fingerprint) throw problem("idempotency_mismatch", "the key was used with another request");
  return { status: row.status, body: await box.open(place(actor, request), row.sealedBody) };
}
