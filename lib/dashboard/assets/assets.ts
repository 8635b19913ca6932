import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A file that pages refer to. */
export interface Asset {
  /** Its name in addresses: it changes with what is in it, so that browsers may keep it for ever. */
  readonly file: string;
  readonly type: string;
  readonly text: string;
}

/** They lie beside the sources, as they are: from here, and from where this is built to. */
const FOLDER = new URL('../../../lib/dashboard/assets/', import.meta.url);

const TYPES = {
  'icon.svg': 'image/svg+xml',
  'script.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
} as const;

type AssetName = keyof typeof TYPES;

const FOUND = new Map<AssetName, Asset>();

/** The name of an asset in addresses. @throws Error where this package is not complete. */
export function assetFile(name: AssetName): string {
  return assetOf(name).file;
}

/** The asset of that name in addresses; `undefined` where there is none. */
export function findAsset(file: string): Asset | undefined {
  return (Object.keys(TYPES) as AssetName[]).map(assetOf).find((asset) => asset.file === file);
}

function assetOf(name: AssetName): Asset {
  let asset = FOUND.get(name);
  if (!asset) FOUND.set(name, (asset = readAsset(name)));
  return asset;
}

function readAsset(name: AssetName): Asset {
  const text = readFileSync(new URL(name, FOLDER), 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const [stem, extension] = name.split('.');
  return { file: `${stem}.${hash}.${extension}`, type: TYPES[name], text };
}
