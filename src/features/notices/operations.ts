import { defineOperation } from "../../http/define-operation.ts";
import { listNotices } from "./list-notices.ts";
import { ListNoticesQuery, NoticePage } from "./schemas.ts";

export const noticeOperations = [
  defineOperation({
    id: "notices.list",
    method: "get",
    path: "/v1/notices",
    summary: "List what the organization's people should be told, ready to be e-mailed",
    access: { mode: "tenant", scope: "audit:read" },
    governance: "tenant-read",
    request: { query: ListNoticesQuery },
    response: { status: 200, body: NoticePage },
    handle: ({ input, ...context }) => listNotices(context, input.query),
  }),
];
