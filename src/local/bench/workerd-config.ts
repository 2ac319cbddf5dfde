import { dirname, join, relative } from "node:path";
import { unstable_readConfig as readConfig } from "wrangler";
import { z } from "zod";
import { projectRoot } from "../data-dir.ts";

/** The Workers that can be asked over HTTP. */
export const socketNames = ["api", "baseline", "bareRoom", "probe"] as const;
export type SocketName = (typeof socketNames)[number];
export type Scripts = Readonly<Record<SocketName | "stubs", string>>;

/** What of wrangler.toml concerns workerd. */
const Wrangler = z.object({
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
  workflows: z.array(z.object({ binding: z.string() })),
  ratelimits: z.array(z.object({ name: z.string() })).default([]),
  assets: z.object({ binding: z.string() }),
});
const readWrangler = (): z.output<typeof Wrangler> => Wrangler.parse(readConfig({ config: join(projectRoot, "wrangler.toml") }));

export const compatibilityDate = (): string => readWrangler().compatibility_date;

type Text = Readonly<Record<string, string>>;

const text = (value: string): string => JSON.stringify(value);
const list = (items: readonly string[]): string => `[${items.join(", ")}]`;
const serviceBinding = (name: string, entrypoint?: string): string =>
  `(name = ${text(name)}, service = (name = "stubs"${entrypoint === undefined ? "" : `, entrypoint = ${text(entrypoint)}`}))`;
const objectBinding = (name: string, className: string, service?: string): string =>
  `(name = ${text(name)}, durableObjectNamespace = (className = ${text(className)}${service === undefined ? "" : `, serviceName = ${text(service)}`}))`;
const textBindings = (values: Text): string[] =>
  Object.entries(values).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`);

type Parts = {
  /** Where the configuration will stand: it names the scripts from there. */
  readonly config: string;
  /** Where the objects keep their SQLite. */
  readonly objectsDir: string;
  readonly scripts: Scripts;
  /** The API's own settings, and where the database is, which the baseline is told too. */
  readonly settings: Text & { readonly PUBLIC_ORIGIN: string };
  readonly database: Text;
  /** Whether the cache's stub keeps what it is given. */
  readonly keeps: boolean;
};

type Worker = {
  readonly script: string;
  readonly bindings: readonly string[];
  readonly classes?: readonly string[];
};

/**
 * The configuration of `workerd serve`: the API with what wrangler.toml binds, and the Workers that it is compared with, each with
 * a socket of its own name. What workerd lacks (Workflows, rate limiting, assets, the cache) is a stub.
 */
export function workerdConfig({ config, objectsDir, scripts, settings, database, keeps }: Parts): string {
  const wrangler = readWrangler();
  const flags = list(wrangler.compatibility_flags.map(text));
  const worker = (name: string, { script, bindings, classes = [] }: Worker): string => `
    (name = ${text(name)}, worker = (
      modules = [(name = "worker.js", esModule = embed ${text(relative(dirname(config), script))})],
      compatibilityDate = ${text(wrangler.compatibility_date)}, compatibilityFlags = ${flags},
      bindings = ${list(bindings)},
      durableObjectNamespaces = ${list(classes.map((name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`))},
      durableObjectStorage = (localDisk = "objects"),
      cacheApiOutbound = (name = "stubs", entrypoint = ${text(keeps ? "Cache" : "EmptyCache")}),
      globalOutbound = "loopback"))`;
  const workers = { ...workersOf(wrangler, { scripts, settings, database }), stubs: { script: scripts.stubs, bindings: [] } };
  const services = Object.entries(workers).map(([name, parts]) => worker(name, parts));
  const sockets = socketNames.map((name) => `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "objects", disk = (path = ${text(objectsDir)}, writable = true)),
    (name = "loopback", network = (allow = ["local"])),${services.join(",")}
  ],
  sockets = ${list(sockets)}
);
`;
}

/** The API with what wrangler.toml binds, and the Workers that it is compared with. */
function workersOf(
  wrangler: z.output<typeof Wrangler>,
  { scripts, settings, database }: Pick<Parts, "scripts" | "settings" | "database">,
): Record<SocketName, Worker> {
  const objects = wrangler.durable_objects.bindings;
  const api: Worker = {
    script: scripts.api,
    bindings: [
      ...objects.map(({ name, class_name }) => objectBinding(name, class_name)),
      ...wrangler.workflows.map(({ binding }) => serviceBinding(binding)),
      ...wrangler.ratelimits.map(({ name }) => serviceBinding(name, "RateLimit")),
      serviceBinding(wrangler.assets.binding),
      ...textBindings({ ...settings, ...database }),
    ],
    classes: objects.map(({ class_name }) => class_name),
  };
  const baseline: Worker = {
    script: scripts.baseline,
    bindings: [objectBinding("TRIVIAL", "Trivial"), ...textBindings({ ...database, PUBLIC_ORIGIN: settings.PUBLIC_ORIGIN })],
    classes: ["Trivial"],
  };
  const bareRoom: Worker = {
    script: scripts.bareRoom,
    bindings: [objectBinding("BARE_ROOM", "BareRoom"), objectBinding("KEEPING_ROOM", "KeepingRoom")],
    classes: ["BareRoom", "KeepingRoom"],
  };
  const probe: Worker = {
    script: scripts.probe,
    bindings: [objectBinding("GATE", "Gate", "api"), objectBinding("TRIVIAL", "Trivial", "baseline")],
  };
  return { api, baseline, bareRoom, probe };
}
