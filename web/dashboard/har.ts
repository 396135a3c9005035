/*
 * A recording of a visit (HAR) made small before it leaves the browser: what the audit reads stays (requests, the store's own pages
 * and scripts), pictures, other sites' answers, timings and whatever authorises somebody go. The gateway takes 16 MiB.
 */
type Pair = { name?: string; value?: string };
interface Entry {
  startedDateTime?: string; _resourceType?: string; _error?: string;
  request?: { method?: string; url?: string; headers?: Pair[]; cookies?: Pair[]; postData?: unknown };
  response?: { status?: number; _error?: string; headers?: Pair[]; content?: { mimeType?: string; encoding?: string; text?: string } };
}
export interface Recording { json: string; first: string }

const READ_MOST = 200 << 20, SEND_MOST = 16 << 20;
const ASKED = /^(referer|cookie)$/i; // of a request's headers

const hostOf = (url: string | undefined): string => { try { return new URL(url || '').hostname; } catch { return ''; } };
const siteOf = (host: string): string => host.split('.').slice(-2).join('.');

function slim(entry: Entry, site: string): Entry {
  const { request = {}, response = {} } = entry, content = response.content || {};
  const own = siteOf(hostOf(request.url)) === site, read = own && /html|javascript|ecmascript/i.test(content.mimeType || '');
  return {
    startedDateTime: entry.startedDateTime, _resourceType: entry._resourceType, _error: entry._error,
    request: { method: request.method, url: request.url, postData: request.postData, cookies: own ? request.cookies : [], headers: (request.headers || []).filter((one) => ASKED.test(one.name || '') && (own || !/^cookie$/i.test(one.name || ''))) },
    response: { status: response.status, _error: response._error, headers: own ? response.headers : [], content: { mimeType: content.mimeType, ...(read ? { encoding: content.encoding, text: content.text } : {}) } },
  };
}

/* Throws an Error with a sentence for a person. `store`: its address; "" is the first request's. */
export async function recordingOf(file: File, store: string): Promise<Recording> {
  if (file.size > READ_MOST) throw new Error('That recording is larger than 200 MB: record a shorter visit.');
  let entries: Entry[] | undefined;
  try { entries = (JSON.parse((await file.text()).replace(/^\uFEFF/, '')) as { log?: { entries?: Entry[] } }).log?.entries; } catch { /* said below */ }
  if (!Array.isArray(entries) || entries.length === 0) throw new Error('That is no recording of a visit. In the browser\'s tools open Network, visit the shop, then Export HAR with content.');
  const first = entries[0]?.request?.url || '';
  const site = siteOf(hostOf(/:\/\//.test(store) ? store : store ? `https://${store}` : first));
  const json = JSON.stringify({ log: { version: '1.2', entries: entries.map((one) => slim(one, site)) } });
  if (new Blob([json]).size > SEND_MOST) throw new Error('That recording is still larger than 16 MB without its pictures: record a shorter visit, or run sidetrack audit --har on the machine.');
  return { json, first };
}
