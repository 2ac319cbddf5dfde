// Runs before `npm start`, `npm test` and their like, on whatever Node is installed and with nothing of ours in place yet:
// hence plain JavaScript, and no dependency.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** @param {string} sentence @returns {never} */
function stop(sentence) {
  console.error(`\n  ${sentence}\n`);
  process.exit(1);
}

/** @param {string} file @returns {Record<string, { version?: string; optional?: boolean; devOptional?: boolean }> | undefined} */
function readPackages(file) {
  return existsSync(root + file) ? JSON.parse(readFileSync(root + file, "utf8")).packages : undefined;
}

/** npm notes what it has installed when it is done: equal to the lock file, but for packages of other systems. */
function isInstalled() {
  const wanted = readPackages("package-lock.json");
  const installed = readPackages("node_modules/.package-lock.json");
  if (!wanted || !installed || !existsSync(`${root}node_modules/node/bin/node`)) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === "" || (installed[path] ? installed[path].version === version : optional),
  );
}

if (process.platform === "win32")
  stop("Armalo's local stack runs on Linux and macOS; on Windows, please use WSL (https://learn.microsoft.com/windows/wsl).");
if (Number(process.versions.node.split(".")[0]) < 20)
  stop(`Node 20 or newer is needed, and this is ${process.version}: please install it from https://nodejs.org.`);
const npmVersion = /^npm\/(\d+)\.(\S+)/.exec(process.env.npm_config_user_agent ?? "");
if (npmVersion && Number(npmVersion[1]) < 10) {
  stop(
    `npm 10 or newer is needed, and this is ${npmVersion[1]}.${npmVersion[2]}: please run \`npm install --global npm@10\` and try again.`,
  );
}

if (!isInstalled()) {
  console.log("Installing what is missing (once; about a minute) …");
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ["npm", []];
  const { status, stderr, error } = spawnSync(command, [...args, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) {
    const reason = (stderr || error?.message || "").trim().split("\n")[0] ?? "";
    stop(`The dependencies could not be installed: please check the network and the disk, and try again. (${reason})`);
  }
  if (!isInstalled()) stop("The dependencies are incomplete: please delete the folder node_modules, run `npm ci` and try again.");
}
