import { DATA_ID, type PageData, type PageProfiles, PROFILES_ID, spansId } from '../shared/page-data.js';
import { type SpanTable, unpackSpans } from '../shared/span-table.js';

export function loadData(): PageData {
  return JSON.parse(textOf(DATA_ID)) as PageData;
}

/** Spans of each pool; null for a pool without them. */
export function loadSpans(data: PageData): Promise<(SpanTable | null)[]> {
  return Promise.all(
    data.spans.map(async (header, pool) =>
      header === null ? null : unpackSpans(header, await inflated(spansId(pool))),
    ),
  );
}

export async function loadProfiles(data: PageData): Promise<PageProfiles | null> {
  if (!data.hasProfiles) return null;
  return JSON.parse(new TextDecoder().decode(await inflated(PROFILES_ID))) as PageProfiles;
}

function textOf(id: string): string {
  const text = document.getElementById(id)?.textContent;
  if (text === null || text === undefined) throw new Error(`The file has no block "${id}": it is not complete.`);
  return text;
}

/** Bytes of a block: base64 of deflated data. No request is made. */
async function inflated(id: string): Promise<Uint8Array> {
  const binary = atob(textOf(id).trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
