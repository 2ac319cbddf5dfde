import { buildApp, toRoutePath } from "../app.ts";
import type { Operation } from "../http/operation.ts";
import { operations } from "../operations.ts";

/** Every way in which the routes and the table of operations can disagree, as sentences. */
export function findRouteFaults(routes: readonly { method: string; path: string }[], table = operations): string[] {
  const name = (method: string, path: string): string => `${method.toUpperCase()} ${toRoutePath(path)}`;
  const declared = table.map(({ method, path }) => name(method, path));
  const served = routes.map(({ method, path }) => name(method, path));
  const twice = (list: readonly string[]): string[] => list.filter((item, at) => list.indexOf(item) !== at);
  return [
    ...served
      .filter((route) => !declared.includes(route))
      .map((route) => `${route} is served, but no operation declares it: nobody knows who may call it.`),
    ...declared.filter((route) => !served.includes(route)).map((route) => `${route} is declared, but not served.`),
    ...twice(declared).map((route) => `${route} is declared twice.`),
    ...twice(table.map(({ id }) => id)).map((id) => `${id} names two table.`),
    ...twice(table.flatMap(({ tool }) => tool ?? [])).map((tool) => `${tool} names two tools.`),
    ...table
      .filter(({ tool, access, governance }) => tool !== undefined && !mayBeTool(access.mode, governance))
      .map(({ id }) => `${id} is a tool, and nothing that an agent may call.`),
    ...table
      .filter(({ path, request }) =>
        [...path.matchAll(/\{\+?(\w+)\}/g)].some(([, param = ""]) => !(param in (request.params?.shape ?? {}))),
      )
      .map(({ id }) => `${id} has a path parameter that no schema describes.`),
  ];
}

/** What people decide, what makes credentials, and what has a credential of its own kind is no tool. */
const mayBeTool = (mode: Operation["access"]["mode"], governance: Operation["governance"]): boolean =>
  ["public", "tenant", "payable"].includes(mode) && governance !== "credential" && governance !== "sign-in";

/** Who may call what, and what is recorded of it: one line an operation. */
const controlMatrix = (): string[] =>
  operations.map(({ id, method, path, governance, access, audit }) =>
    [
      id.padEnd(24),
      method.toUpperCase().padEnd(6),
      path.padEnd(42),
      governance.padEnd(16),
      access.mode.padEnd(8),
      access.scope ?? "-",
      audit ?? "-",
    ].join(" "),
  );

if (import.meta.main) {
  const faults = findRouteFaults(buildApp(operations).routes);
  for (const fault of faults) console.error(fault);
  if (process.argv.includes("--matrix")) console.log(controlMatrix().join("\n"));
  console.log(faults.length === 0 ? `${operations.length} operations, and every route is one of them.` : `${faults.length} faults.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
