export { inEnvelope, type Envelope } from "./envelope.ts";
export { preimageOf, proveStatement } from "./prove-statement.ts";
export { BundleQuery, EnvelopeName, StatementBundle } from "./schemas.ts";
export { selectEvent, type EventRow } from "./store.ts";
