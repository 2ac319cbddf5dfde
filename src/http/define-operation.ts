import { z } from "@hono/zod-openapi";
import type { Action } from "../audit/actions.ts";
import type { Governance } from "./governance.ts";
import type { Operation, OperationSpec, RequestShape, ResponseShape } from "./operation.ts";

const noQuery = z.strictObject({});

/**
 * Declares one thing that the API can do. What lacks access, governance, a scope, an audit action, or combines a class
 * with a mode or method that the class does not allow, does not compile. Query fields that it does not name are refused.
 */
export function defineOperation<G extends Governance, const A extends Action, const R extends RequestShape, const S extends ResponseShape>(
  operation: OperationSpec<G, A, R, S>,
): Operation {
  const { request } = operation;
  const query = request.query?.strict() ?? (operation.access.mode === "public" ? undefined : noQuery);
  return { ...operation, request: { ...request, ...(query === undefined ? {} : { query }) } };
}
