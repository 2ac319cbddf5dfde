import { buildApp } from "./app.ts";
import { parseEnvironment, type Bindings } from "./env.ts";
import { answerRequest } from "./http/answer-request.ts";
import { operations } from "./operations.ts";
import { runScheduledWork } from "./scheduled.ts";

export { Gate } from "./access/gate.durable-object.ts";
export { TransparencyLog } from "./audit/log.durable-object.ts";
export { PaymentIdentifier } from "./payments/identifier.durable-object.ts";
export { Settlement } from "./payments/settlement.durable-object.ts";
export { EvalRun } from "./features/evals/eval-run.workflow.ts";
export { GrantLedger } from "./features/invocations/grant-ledger.durable-object.ts";
export { Room } from "./rooms/room.durable-object.ts";
export { WebhookDeliverer } from "./webhooks/deliverer.durable-object.ts";
export { JudgeCalibration } from "./features/judge-panels/judge-calibration.workflow.ts";

const app = buildApp(operations);

export default {
  fetch: (request, bindings, context) => answerRequest(app, request, parseEnvironment(bindings), (work) => context.waitUntil(work)),
  scheduled: (controller, bindings) => runScheduledWork(parseEnvironment(bindings), new Date(controller.scheduledTime)),
} satisfies ExportedHandler<Bindings>;
