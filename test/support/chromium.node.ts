import { existsSync } from "node:fs";

/** Where Debian, Fedora and macOS put a Chromium or Chrome; or the one that CHROMIUM names. */
const places = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser that is there, or undefined: then its tests are left out with the reason. In CI nothing is left out: there it is a failure. */
export function findChromium(): string | undefined {
  const found = places.find((place) => place !== "" && existsSync(place));
  if (found !== undefined) return found;
  if (process.env["CI"] !== undefined) throw new Error("Chromium is needed here: `apt-get install chromium`, or CHROMIUM with its path.");
  console.warn("Left out, because there is no Chromium: `apt-get install chromium`, or set CHROMIUM to its path.");
  return undefined;
}
