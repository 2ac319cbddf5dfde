export { invokeGrant } from "./invoke.ts";
export { openInput } from "./recorded-input.ts";
export { Invocation, InvokeBody, Invoked, type InvocationView } from "./schemas.ts";
export { selectInvocation, selectInvocations, type InvocationRow } from "./store.ts";
export { toInvocation } from "./view.ts";
