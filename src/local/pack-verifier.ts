import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { z } from "zod";
import { projectRoot } from "./data-dir.ts";

const Package = z.looseObject({ name: z.string(), version: z.string(), license: z.string() });
/** Ed25519 in Web Crypto without a flag, and Map.groupBy. */
const oldestNode = 22;

const start = `#!/usr/bin/env node
if (Number(process.versions.node.split(".")[0]) < ${oldestNode}) {
  console.error(\`Node ${oldestNode} or newer is needed, and this is \${process.version}.\`);
  process.exit(2);
}`;
const entry = `import { main } from "./main.ts";
process.exitCode = await main(process.argv.slice(2));`;

/**
 * Makes the verifier a package by itself: one file of readable JavaScript that needs Node and nothing else, since Node runs no TypeScript
 * below node_modules. Returns its folder, for `npm pack` or for copying the one file.
 */
export async function packVerifier(folder = join(projectRoot, "dist", "armalo-verify")): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    stdin: { contents: entry, resolveDir: join(projectRoot, "src", "verifier", "node"), loader: "ts" },
    outfile: join(folder, "armalo-verify.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: `node${oldestNode}`,
    banner: { js: start },
    metafile: true,
    absWorkingDir: projectRoot,
  });
  const { version, license } = await readPackage(projectRoot);
  const own = {
    name: "armalo-verify",
    version,
    description:
      "Checks Armalo's attestations, receipts, room transcripts, audit exports, checkpoints and evidence bundles with the network off.",
    license,
    type: "module",
    bin: { "armalo-verify": "armalo-verify.mjs" },
    engines: { node: `>=${oldestNode}` },
  };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(own, null, 2)}\n`);
  await copyFile(join(projectRoot, "LICENSE"), join(folder, "LICENSE"));
  await writeFile(join(folder, "THIRD-PARTY.txt"), await notices(Object.keys(metafile.inputs)));
  return folder;
}

/** The licences of the libraries that are in the file. */
async function notices(inputs: readonly string[]): Promise<string> {
  const names = new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  const texts = [...names].toSorted().map(async (name) => {
    const home = join(projectRoot, "node_modules", name);
    const { version, license } = await readPackage(home);
    const text = await readFile(join(home, "LICENSE"), "utf8").catch(() => readFile(join(home, "LICENSE.md"), "utf8"));
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}

const readPackage = async (home: string): Promise<z.output<typeof Package>> =>
  Package.parse(JSON.parse(await readFile(join(home, "package.json"), "utf8")));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = await packVerifier();
  console.log(`${folder}\n\n  npm pack ${folder}\n  node ${join(folder, "armalo-verify.mjs")} --help`);
}
