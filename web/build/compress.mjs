// Writes FILE.gz beside the built files, so that the server need not compress them at every request.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";

const AT_LEAST = 1024;

function compress(path) {
  if (!/\.(js|css|html|svg|json|wasm)$/.test(path)) return;
  const bytes = readFileSync(path);
  if (bytes.length < AT_LEAST) return;
  const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  if (packed.length < bytes.length) writeFileSync(`${path}.gz`, packed);
}

function walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else compress(path);
  }
}

walk(join(dirname(fileURLToPath(import.meta.url)), "../dist"));
