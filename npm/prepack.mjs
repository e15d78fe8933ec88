// Completes the package: npm pack runs it. The browser's scripts are those of public/,
// and the version is the changelog's latest.
import { copyFile, readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = new URL("./", import.meta.url);
const root = new URL("../", import.meta.url);

const { version } = JSON.parse(await readFile(new URL("package.json", here), "utf8"));
const latest = /^## v?(\d+\.\d+\.\d+\S*)/m.exec(await readFile(new URL("CHANGELOG.md", root), "utf8"))?.[1];
if (version !== latest) {
  throw new Error(`npm/package.json has version ${version}, CHANGELOG.md ${latest}`);
}
const scripts = (await readdir(new URL("public/", root))).filter((name) => /^kinde-.*\.(js|d\.ts)$/.test(name));
for (const name of scripts) {
  await copyFile(new URL(`public/${name}`, root), new URL(name, here));
}
await copyFile(new URL("LICENSE", root), new URL("LICENSE", here));
console.error(`${fileURLToPath(here)}: ${scripts.join(" ")}`);
