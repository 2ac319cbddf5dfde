import { env as bindings } from "cloudflare:workers";
import { parseEnvironment, type Environment } from "../../../src/env.ts";
import { standIn } from "../../support/stand-in.ts";

const parsed = parseEnvironment(bindings);
if (!parsed.ok) throw new Error(parsed.missing.join(", "));
const { env } = parsed;

/** An environment whose workflow engine says one thing of every instance, and keeps what it is asked to do. */
export function withEngine(status: string): { env: Environment; asked: string[] } {
  const asked: string[] = [];
  const note = (what: string) => () => {
    asked.push(what);
    return Promise.resolve();
  };
  const instance = { id: "", status: () => Promise.resolve({ status }), terminate: note("terminate"), restart: note("restart") };
  return engineOf({ get: () => Promise.resolve(instance), create: note("create") }, asked);
}

/** An environment whose workflow engine knows no instance for this reason. */
export function withoutInstance(message: string): { env: Environment; asked: string[] } {
  const asked: string[] = [];
  const create = () => Promise.resolve(void asked.push("create"));
  return engineOf({ get: () => Promise.reject(new Error(message)), create }, asked);
}

function engineOf(engine: object, asked: string[]): { env: Environment; asked: string[] } {
  return { env: { ...env, bindings: { ...env.bindings, EVAL_RUN: standIn<Environment["bindings"]["EVAL_RUN"]>(engine) } }, asked };
}
