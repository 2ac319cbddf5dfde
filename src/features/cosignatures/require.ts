import { problem } from "../../http/problem.ts";
import type { FoundCosignature, FoundOffer } from "./store.ts";

// The same 404 whether it is missing or another organization's.

export function requireOffer(found: FoundOffer | undefined): FoundOffer {
  if (found === undefined) throw problem("not_found", "no such offer");
  return found;
}

export function requireCosignature(found: FoundCosignature | undefined): FoundCosignature {
  if (found === undefined) throw problem("not_found", "no such co-signature");
  return found;
}
