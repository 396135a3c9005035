/*
 * The door: the password, or on a first start the code that lies beside the database and a password to
 * come. It stands in front of whatever address was asked for, so that the page is there afterwards.
 */
import { useState } from 'preact/hooks';
import { post, Refusal, type Session } from './api';
import { span } from './format';

export function Login({ first, expired, done }: { first: boolean; expired: boolean; done: (session: Session) => void }) {
  const [trouble, say] = useState('');
  const [busy, set] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>;
    if (first && given.password !== given.again) return say('The two passwords differ.');
    if (first && (given.password || '').length < 10) return say('A password has at least 10 characters.');
    set(true);
    say('');
    try {
      done(await post<Session>(first ? '/setup' : '/login', first ? { code: given.code, password: given.password } : { password: given.password }));
    } catch (error) {
      const wait = error instanceof Refusal && error.status === 429 ? ` That is ${span(error.wait * 1000)}.` : '';
      say((error as Error).message + wait);
      set(false);
    }
  };
  return (
    <main class="door">
      <form onSubmit={submit} aria-labelledby="door-title">
        <p class="brand"><img src="/assets/icon.svg" alt="" width="28" height="28" />sidetrack</p>
        <h1 id="door-title">{first ? 'First start' : 'Log in'}</h1>
        {first
          ? <p class="sub">Choose the admin's password. The code proves that you may: it is in the file <code>sidetrack.db.setup</code> (beside the database, same name with <code>.setup</code>) and ends with this step.</p>
          : expired && <p class="note" role="status">The session is over. Log in, and you are back where you were.</p>}
        {first && <label class="field">Setup code<input name="code" required autocomplete="one-time-code" autofocus spellcheck={false} /></label>}
        <label class="field">{first ? 'New password' : 'Password'}
          <input name="password" type="password" required autofocus={!first} autocomplete={first ? 'new-password' : 'current-password'} />
        </label>
        {first && <label class="field">The same again<input name="again" type="password" required autocomplete="new-password" /></label>}
        {trouble && <p class="note bad" role="alert">{trouble}</p>}
        <button class="main" disabled={busy}>{busy ? 'A moment …' : first ? 'Set the password' : 'Log in'}</button>
        {!first && <p class="sub small">Forgotten? <code>sidetrack passwd</code> on the server sets a new one.</p>}
      </form>
    </main>
  );
}
