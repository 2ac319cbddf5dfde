export { brokenConditions, checkCall } from "./compliance.ts";
export { digestCondition, judgedConditions } from "./judged-conditions.ts";
export { digestPact, termsOf, type PactRow, type PactTerms } from "./pact.ts";
export { requirePact } from "./require-pact.ts";
export { PactId, PactTermsView } from "./schemas.ts";
export { selectActivePacts, selectPact } from "./store.ts";
