/** The base map as one file: fetched whole once, checked, kept by the browser, and read without Range requests. */
import { FileSource, PMTiles } from 'pmtiles';
import type { Basemap } from '../api/types';

const CACHE = 'lexun-maps';
const opened = new Map<string, Promise<PMTiles>>();

/**
 * Opens a base map, from the phone when it is there, else from the server.
 * @throws Error when it can neither be had from the phone nor the network, or when the file is not the one named.
 */
export function open_basemap(basemap: Basemap): Promise<PMTiles> {
  let archive = opened.get(basemap.url);
  if (!archive) {
    archive = load(basemap);
    opened.set(basemap.url, archive);
    archive.catch(() => opened.delete(basemap.url));
  }
  return archive;
}

/** Drops kept maps that no area uses any more. */
export async function forget_other_basemaps(urls: string[]): Promise<void> {
  const cache = await map_cache();
  const wanted = new Set(urls.map((url) => new URL(url, location.href).href));
  for (const request of (await cache?.keys()) ?? []) {
    if (!wanted.has(request.url)) await cache?.delete(request);
  }
}

/** Browsers offer no cache on insecure addresses; the map then lives as long as the page. */
async function map_cache(): Promise<Cache | null> {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}

async function load(basemap: Basemap): Promise<PMTiles> {
  const cache = await map_cache();
  const kept = await cache?.match(basemap.url);
  const bytes = kept ? await kept.blob() : await fetch_whole(basemap, cache);
  return new PMTiles(new FileSource(new File([bytes], `${basemap.sha256}.pmtiles`)));
}

async function fetch_whole(basemap: Basemap, cache: Cache | null): Promise<Blob> {
  const response = await fetch(basemap.url, { credentials: 'same-origin' });
  if (response.status !== 200) throw new Error(`The base map answered ${response.status}`);
  const bytes = await response.blob();
  await check(bytes, basemap.sha256);
  // A fresh 200 without the server's headers: only the bytes matter, and a partial answer could not be kept at all.
  await cache?.put(basemap.url, new Response(bytes, { headers: { 'Content-Type': 'application/octet-stream' } }));
  return bytes;
}

async function check(bytes: Blob, sha256: string): Promise<void> {
  if (!crypto.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer()));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found !== sha256) throw new Error(`The base map is not the one expected: ${found} instead of ${sha256}`);
}
