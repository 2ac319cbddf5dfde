import type { Action } from "../audit/actions.ts";
import type { Governance } from "./governance.ts";
import type { Operation, OperationSpec, RequestShape, ResponseShape } from "./operation.ts";

/**
 * Declares one thing that the API can do. What lacks access, governance, a scope, an audit action, or combines a class
 * with a mode or method that the class does not allow, does not compile.
 */
export function defineOperation<G extends Governance, const A extends Action, const R extends RequestShape, const S extends ResponseShape>(
  operation: OperationSpec<G, A, R, S>,
): Operation {
  return operation;
}
