import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../../http/pagination.ts";

export const ListNoticesQuery = z.object(pageQuery);

const Notice = z
  .object({
    id: z.string(),
    kind: z.enum(["webhook_failing", "webhook_disabled", "payment_failed", "plan_changed"]),
    severity: z.enum(["info", "warning", "critical"]),
    subject: z.string(),
    text: z.string(),
    resource: z.string().openapi({ description: "What it is about: an identifier." }),
    createdAt: z.iso.datetime(),
  })
  .openapi("Notice");
export const NoticePage = pageOf(Notice).openapi("NoticePage");
