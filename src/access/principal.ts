import type { Scope } from "./scopes.ts";

/** Who acts, once proved. `actor` is what the audit log shows. */
export type Principal =
  | {
      readonly kind: "key";
      readonly actor: `key:${string}`;
      readonly keyId: string;
      readonly scopes: readonly Scope[];
      readonly agentId: string | null;
    }
  | {
      readonly kind: "token";
      readonly actor: `key:${string}`;
      readonly keyId: string;
      readonly scopes: readonly Scope[];
      readonly agentId: string | null;
    }
  | { readonly kind: "system"; readonly actor: `system:${string}` };
