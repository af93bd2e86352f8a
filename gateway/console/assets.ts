import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { Hono } from "hono";
import { sha256Hex } from "../../node/kernel/digest.ts";

const require = createRequire(import.meta.url);
const here = (name: string) => new URL(name, import.meta.url);

const FILES = {
  "tabler.css": { type: "text/css", sources: [require.resolve("@tabler/core/dist/css/tabler.min.css")] },
  "console.css": {
    type: "text/css",
    sources: ["layout", "parts", "records", "pages", "insight", "evidence", "narrow", "print"].map((name) =>
      here(`./styles/${name}.css`),
    ),
  },
  "htmx.js": { type: "text/javascript", sources: [require.resolve("htmx.org/dist/htmx.min.js")] },
  "console.js": { type: "text/javascript", sources: [here("./console.mjs")] },
  "check-proof.js": { type: "text/javascript", sources: [here("./check-proof.mjs")] },
  "verify-proof.js": { type: "text/javascript", sources: [here("./verify-proof.mjs")] },
  "mark.svg": { type: "image/svg+xml", sources: [here("./mark.svg")] },
};
export type AssetName = keyof typeof FILES;

type Encoding = "br" | "gzip";
type Asset = {
  readonly type: string;
  readonly bytes: Buffer;
  readonly path: string;
  readonly packed: Map<Encoding, Promise<Buffer>>;
};

const pack = { br: promisify(brotliCompress), gzip: promisify(gzip) };
const assets = new Map<string, Asset>();

/** `/assets/tabler.<hash>.css`: the name changes with the content, so browsers may keep it for ever. */
export function assetPath(name: AssetName): string {
  return load(name).path;
}

function load(name: AssetName): Asset {
  const known = assets.get(name);
  if (known !== undefined) return known;
  const { sources, type } = FILES[name];
  const bytes = Buffer.concat(sources.map((source) => readFileSync(source)));
  const [stem, extension] = name.split(".");
  const path = `/assets/${stem}.${sha256Hex(bytes).slice(0, 12)}.${extension}`;
  const asset: Asset = { type, bytes, path, packed: new Map() };
  assets.set(name, asset);
  return asset;
}

/** Compressed when first asked for and off the main thread: the strongest brotli takes most of a second. */
function packed(asset: Asset, encoding: Encoding): Promise<Buffer> {
  const known = asset.packed.get(encoding);
  if (known !== undefined) return known;
  const making = pack[encoding](asset.bytes);
  asset.packed.set(encoding, making);
  return making;
}

export function assetRoutes(): Hono {
  const routes = new Hono();
  for (const name of Object.keys(FILES) as AssetName[]) {
    const asset = load(name);
    routes.get(asset.path, async (c) => {
      const accepted = c.req.header("accept-encoding") ?? "";
      const encoding = (["br", "gzip"] as const).find((one) => new RegExp(`\\b${one}\\b`).test(accepted));
      const body = encoding === undefined ? asset.bytes : await packed(asset, encoding);
      return c.body(new Uint8Array(body), 200, {
        "content-type": `${asset.type}; charset=utf-8`,
        "cache-control": "public, max-age=31536000, immutable",
        vary: "accept-encoding",
        ...(encoding === undefined ? {} : { "content-encoding": encoding }),
      });
    });
  }
  return routes;
}
