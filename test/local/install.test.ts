import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const script = fileURLToPath(new URL("../../src/local/install.mjs", import.meta.url).href);

/** A project with one dependency that is not installed, and an npm that does what a test says. */
async function newProject(npm: string): Promise<(agent?: string) => Promise<{ code: number; out: string; err: string }>> {
  const root = await mkdtemp(join(tmpdir(), "armalo-install-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, "src", "local"), { recursive: true });
  await cp(script, join(root, "src", "local", "install.mjs"));
  await writeFile(join(root, "npm.cjs"), npm);
  const packages = {
    "": {},
    "node_modules/node": { version: "24.0.0" },
    "node_modules/wanted": { version: "1.0.0" },
    "node_modules/other-system": { version: "1.0.0", optional: true },
  };
  await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages }));
  return (agent = "npm/11.0.0 node/v24.0.0") =>
    new Promise((resolve) => {
      const env = { ...process.env, npm_execpath: join(root, "npm.cjs"), npm_config_user_agent: agent };
      execFile(process.execPath, [join(root, "src", "local", "install.mjs")], { env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
}

const installing = (packages: object): string => `
  const fs = require("node:fs");
  fs.mkdirSync("node_modules/node/bin", { recursive: true });
  fs.writeFileSync("node_modules/node/bin/node", "");
  fs.writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages: ${JSON.stringify(packages)} }));
  fs.appendFileSync("asked", process.argv.slice(2).join(" ") + "\\n");
`;
const complete = { "node_modules/node": { version: "24.0.0" }, "node_modules/wanted": { version: "1.0.0" } };

describe("what runs before npm start and npm test", () => {
  it("installs what is missing, and the next time nothing", async () => {
    const install = await newProject(installing(complete));
    expect(await install()).toMatchObject({ code: 0, out: expect.stringContaining("Installing what is missing") });
    expect(await install()).toEqual({ code: 0, out: "", err: "" });
  });

  it("notices a dependency of another version", async () => {
    const install = await newProject(installing({ ...complete, "node_modules/wanted": { version: "0.9.0" } }));
    expect(await install()).toMatchObject({ code: 1, err: expect.stringContaining("The dependencies are incomplete") });
  });

  it("says in a sentence that npm failed, and why", async () => {
    const install = await newProject("console.error('npm error code ENOTFOUND'); process.exit(1)");
    const { code, err } = await install();
    expect(code).toBe(1);
    expect(err.trim()).toBe(
      "The dependencies could not be installed: please check the network and the disk, and try again. (npm error code ENOTFOUND)",
    );
  });

  it("says in a sentence that npm is too old, before it installs anything", async () => {
    const install = await newProject(installing(complete));
    const { code, out, err } = await install("npm/9.6.7 node/v20.3.0 linux x64");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err.trim()).toBe("npm 10 or newer is needed, and this is 9.6.7: please run `npm install --global npm@10` and try again.");
  });
});
