/*
 * The shell: who is there, which page, which store, the theme, the keyboard. Pages get what they need
 * from HouseContext. The list of pages here and in src/admin/files.c is the same.
 *
 * Keys: g and a letter goes to a page, / to the page's search, ? shows the list, Esc closes.
 */
import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { get, post, Refusal, remember, type Overview, type Session, useAsk, whenLost } from './api';
import { Audit } from './audit';
import { Destinations } from './destinations';
import { Live } from './live';
import { Login } from './login';
import { Match } from './match';
import { Order } from './order';
import { Orders } from './orders';
import { Dialog, go, type House, HouseContext, Link, Loading, Trouble } from './parts';
import { People, Person } from './people';
import { Recovery } from './recovery';
import { Setup } from './setup';
import { Today } from './today';

const PAGES = [
  { path: '/', key: 't', name: 'Today' },
  { path: '/orders', key: 'o', name: 'Orders' },
  { path: '/live', key: 'l', name: 'Live' },
  { path: '/recovery', key: 'r', name: 'Recovery' },
  { path: '/match', key: 'm', name: 'Match quality' },
  { path: '/destinations', key: 'd', name: 'Destinations' },
  { path: '/people', key: 'p', name: 'People' },
  { path: '/audit', key: 'a', name: 'Audit' },
  { path: '/setup', key: 's', name: 'Setup' },
];

function Page({ path, overview }: { path: string; overview: Overview }) {
  const [, word, id] = path.split('/').map(decodeURIComponent);
  switch (word) {
    case '': return <Today overview={overview} />;
    case 'orders': return id ? <Order key={id} id={id} /> : <Orders />;
    case 'live': return <Live />;
    case 'events': return <Live key={id} open={id} />;
    case 'recovery': return <Recovery />;
    case 'match': return <Match />;
    case 'destinations': return <Destinations />;
    case 'people': return id ? <Person key={id} id={id} /> : <People />;
    case 'audit': return <Audit id={id} />;
    case 'setup': return <Setup />;
    default: return <p>There is nothing here. <Link to="/">Today</Link></p>;
  }
}

/* ---- theme: the system's, until somebody says otherwise ---- */

const dark = (): boolean => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
};
const kept = (key: string): string => { try { return localStorage.getItem(key) || ''; } catch { return ''; } };
const keep = (key: string, value: string): void => { try { localStorage.setItem(key, value); } catch { /* nothing is kept */ } };
if (kept('theme')) document.documentElement.dataset.theme = kept('theme');

function Theme() {
  const [is, set] = useState(dark());
  const turn = (): void => {
    const next = is ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    keep('theme', next);
    set(!is);
  };
  return <button type="button" class="plain" onClick={turn} title="Switch between light and dark">{is ? '☀ Light' : '☾ Dark'}</button>;
}

/* ---- keys ---- */

function useKeys(help: () => void): void {
  useEffect(() => {
    let after = 0;
    const pressed = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === 'Escape' && target.matches('input[type=search]')) return target.blur();
      if (target.matches('input, textarea, select') || document.querySelector('dialog[open]')) return;
      const page = Date.now() - after < 1500 && PAGES.find(({ key }) => key === event.key);
      after = 0;
      if (page) go(page.path);
      else if (event.key === 'g') after = Date.now();
      else if (event.key === '?') help();
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('input[type=search]');
        if (search) search.focus();
        else go('/orders?find=1');
      } else return;
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

function Help({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <dl class="keys">
        {PAGES.map(({ key, name }) => <div key={key}><dt><kbd>g</kbd> <kbd>{key}</kbd></dt><dd>{name}</dd></div>)}
        <div><dt><kbd>/</kbd></dt><dd>Search</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>Close, leave the search</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>This list</dd></div>
      </dl>
    </Dialog>
  );
}

/* ---- the shell ---- */

function usePath(): string {
  const [path, set] = useState(location.pathname);
  useEffect(() => {
    const moved = (): void => set(location.pathname);
    addEventListener('popstate', moved);
    return () => removeEventListener('popstate', moved);
  }, []);
  return path;
}

function Nav({ path, alerts }: { path: string; alerts: number }) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => { /* on a narrow screen the list scrolls sideways, by itself */
    const here = nav.current?.querySelector<HTMLElement>('[aria-current]');
    if (nav.current && here) nav.current.scrollLeft = here.offsetLeft - nav.current.clientWidth / 3;
  }, [path]);
  return (
    <nav aria-label="Pages" ref={nav}>
      {PAGES.map(({ path: to, key, name }) => {
        const here = to === '/' ? path === '/' : path.startsWith(to) || (to === '/live' && path.startsWith('/events/'));
        return (
          <Link key={to} to={to} aria-current={here ? 'page' : undefined} title={`g ${key}`}>
            {name}{to === '/' && alerts > 0 && <span class="count" aria-label={`${alerts} alerts`}>{alerts}</span>}
          </Link>
        );
      })}
    </nav>
  );
}

function Shell({ session, leave }: { session: Session; leave: () => void }) {
  const path = usePath();
  const [store, choose] = useState(kept('store'));
  const [help, showHelp] = useState(false);
  const [message, say] = useState<{ text: string; bad?: boolean } | null>(null);
  const main = useRef<HTMLElement>(null);
  const all = useAsk<Overview>('/overview', 60000); // the stores there are
  const stores = all.data?.stores || [];
  const one = stores.length > 1 && stores.some(({ name }) => name === store) ? store : '';
  const asked = useAsk<Overview>(all.data ? `/overview${one ? `?store=${encodeURIComponent(one)}` : ''}` : null, 5000);
  const overview = asked.data || all.data;
  useKeys(() => showHelp(true));
  useEffect(() => {
    document.title = `${PAGES.find((page) => page.path !== '/' && path.startsWith(page.path))?.name || 'Today'} · sidetrack`;
    scrollTo(0, 0);
  }, [path]);
  useEffect(() => {
    if (!message) return undefined;
    const timer = setTimeout(() => say(null), message.bad ? 9000 : 4000);
    return () => clearTimeout(timer);
  }, [message]);
  const house = useMemo<House>(() => {
    const of = (name?: string) => stores.find((row) => row.name === (name || one)) || (stores.length === 1 || !name ? stores[0] : undefined);
    return {
      admin: session.role === 'admin', stores, store: one, tiles: overview?.destinations || [], now: overview?.now || Date.now(),
      zone: (name) => of(name)?.timezone || '', currency: (name) => of(name)?.currency || '',
      say: (text, bad) => say({ text, bad }),
    };
  }, [session.role, all.data, one, overview]);
  return (
    <HouseContext.Provider value={house}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>Skip to the page</a>
      <div class="shell">
        <aside>
          <div class="top"><Link to="/" class="brand"><img src="/assets/icon.svg" alt="" width="22" height="22" />sidetrack</Link></div>
          {stores.length > 1 && (
            <label class="field switch"><span class="hidden">Store</span>
              <select value={one} onChange={(event) => { keep('store', event.currentTarget.value); choose(event.currentTarget.value); }}>
                <option value="">All stores</option>
                {stores.map(({ name }) => <option key={name} value={name}>{name}</option>)}
              </select>
            </label>
          )}
          <Nav path={path} alerts={overview?.alerts.length || 0} />
          <div class="foot">
            {session.role === 'viewer' && <span class="small">Viewer: look only</span>}
            <button type="button" class="plain" onClick={() => showHelp(true)} title="Keys">? Keys</button>
            <Theme />
            <button type="button" class="plain" onClick={leave}>Log out</button>
            {overview && <span class="small version">{overview.version}</span>}
          </div>
        </aside>
        <main id="main" ref={main} tabIndex={-1}>
          {all.trouble && !all.data && <Trouble trouble={all.trouble} again={all.again} />}
          {all.data && overview ? <Page path={path} overview={overview} /> : !all.trouble && <Loading rows={6} />}
        </main>
      </div>
      {message && <div class={`toast ${message.bad ? 'bad' : ''}`} role={message.bad ? 'alert' : 'status'}>{message.text}</div>}
      {help && <Help close={() => showHelp(false)} />}
    </HouseContext.Provider>
  );
}

type Door = { session: Session } | { first: boolean; expired: boolean } | { trouble: Error } | null;

function App() {
  const [door, set] = useState<Door>(null);
  const look = (expired = false): void => {
    get<Session>('/session').then((session) => { remember(session); set({ session }); }, (error: Error) => {
      if (error instanceof Refusal && error.status === 401) set({ first: error.code === 'setup', expired });
      else set({ trouble: error });
    });
  };
  useEffect(() => {
    whenLost(() => set((old) => (old && 'session' in old ? { first: false, expired: true } : old)));
    look();
  }, []);
  const leave = async (): Promise<void> => {
    await post('/logout').catch(() => undefined);
    remember(null);
    set({ first: false, expired: false });
  };
  if (!door) return null;
  if ('trouble' in door) return <main class="door"><Trouble trouble={door.trouble} again={() => look()} /></main>;
  if ('session' in door) return <Shell session={door.session} leave={leave} />;
  return <Login key={String(door.first)} {...door} done={(session) => { remember(session); set({ session }); }} />;
}

const root = document.getElementById('app');
if (root) render(<App />, root);
