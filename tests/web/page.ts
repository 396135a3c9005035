/*
 * Just enough of a page for the modules of the snippet: cookies that behave, storage, an address.
 */
export const jar = new Map<string, string>();
export const store = new Map<string, string>();

const storage = {
  getItem: (key: string) => store.get(key) ?? null,
  setItem: (key: string, value: string) => void store.set(key, String(value)),
  removeItem: (key: string) => void store.delete(key),
};

export function openPage(href = 'https://shop.acme.example/'): void {
  jar.clear();
  store.clear();
  const set = (name: string, value: unknown) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  set('location', new URL(href));
  set('localStorage', new Proxy(storage, {
    ownKeys: () => [...store.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (target, key) => (target as any)[key] ?? store.get(key as string),
  }));
  set('document', {
    get cookie() {
      return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    },
    set cookie(line: string) {
      const [pair, ...rest] = line.split(';') as [string, ...string[]], at = pair.indexOf('=');
      if (rest.includes('Max-Age=0')) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    },
  });
  set('window', globalThis);
}

/* Time that the test owns. */
let now = 0;
const timers = new Map<number, { at: number; run: () => void }>();

export function takeClock(start: number): void {
  let last = 0;
  now = start;
  Date.now = () => now;
  (globalThis as any).setTimeout = (run: () => void, ms: number) => {
    timers.set(++last, { at: now + ms, run });
    return last;
  };
  (globalThis as any).clearTimeout = (id: number) => void timers.delete(id);
}

export function tick(ms: number): void {
  now += ms;
  for (const [id, timer] of [...timers])
    if (timer.at <= now) {
      timers.delete(id);
      timer.run();
    }
}
