import { jwsTypes, readJws } from "../../crypto/statement/jws.ts";
import { Statement } from "../../crypto/statement/statement.ts";

export type ReceiptVersion = { readonly versionNumber: number; readonly versionDigest: string };

/** Which version of its agent one of our own receipts is of. */
export function versionInReceipt(statement: string): ReceiptVersion {
  const read = readJws(statement, jwsTypes.statement);
  const { agent } = Statement.parse(read.ok ? read.jws.payload : null).predicate;
  if (agent === undefined) throw new Error("a receipt of no agent");
  const { versionNumber, versionDigest } = agent;
  return { versionNumber, versionDigest };
}
