// The files that pages load: one stylesheet and a few small modules, read once at the start and served under a hash of
// all of them, so that a browser may keep them for ever and never mixes two versions.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { AssetName } from './view.ts';

type Asset = {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Made when it is first asked for. */
  zipped(): Uint8Array<ArrayBuffer>;
};

export type Assets = {
  readonly url: (name: AssetName) => string;
  /** Null when there is no such file in this version. */
  serve(hash: string, name: string, acceptEncoding: string): Response | null;
};

const types = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
const own = [
  'main.js',
  'login.js',
  'live.js',
  'morph.js',
  'times.js',
  'text.js',
  'chart.js',
  'icon.svg',
] as const;
/** Beside the build that Node would take are the one for browsers and the stylesheet. */
const uplot = import.meta.resolve('uplot');

export function loadAssets(): Assets {
  const inFolder = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url));
  const style = Buffer.concat([
    readFileSync(new URL('./uPlot.min.css', uplot)),
    Buffer.from('\n'),
    inFolder('style.css'),
  ]);
  const contents = new Map<string, Buffer>([
    ['style.css', style],
    ...own.map((name) => [name, inFolder(name)] as const),
    ['uplot.mjs', readFileSync(new URL('./uPlot.esm.js', uplot))],
  ]);
  const digest = createHash('sha256');
  for (const [name, body] of contents) digest.update(name).update(body);
  const version = digest.digest('hex').slice(0, 16);
  const assets = new Map([...contents].map(([name, body]) => [name, assetOf(name, body)]));
  return {
    url: (name) => `/assets/${version}/${name}`,
    serve(hash, name, acceptEncoding) {
      const asset = hash === version ? assets.get(name) : undefined;
      if (asset === undefined) return null;
      const zip = /\bgzip\b/.test(acceptEncoding);
      return new Response(zip ? asset.zipped() : asset.body, {
        headers: {
          'content-type': asset.type,
          'cache-control': 'public, max-age=31536000, immutable',
          vary: 'accept-encoding',
          ...(zip ? { 'content-encoding': 'gzip' } : {}),
        },
      });
    },
  };
}

function assetOf(name: string, body: Buffer): Asset {
  const extension = name.slice(name.lastIndexOf('.') + 1) as keyof typeof types;
  let zipped: Uint8Array<ArrayBuffer> | undefined;
  return {
    type: types[extension],
    body: new Uint8Array(body),
    zipped: () => {
      zipped ??= new Uint8Array(gzipSync(body));
      return zipped;
    },
  };
}
