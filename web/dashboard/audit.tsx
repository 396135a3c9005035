/*
 * The audit: start one, read the newest report, see what is mended since the one before of the same
 * address, and the history. The report is the one of `sidetrack audit --json` (docs/audit.schema.json).
 */
import { useState } from 'preact/hooks';
import { post, query, upload, useAsk } from './api';
import { count, moment } from './format';
import { recordingOf } from './har';
import { Answer, Badge, Do, Empty, Figure, Head, Link, useHouse, Words } from './parts';
import type { Tone } from './words';

interface Line { id: number; at: number; url: string; live: boolean; recorded: boolean; problems: number; warnings: number; passes: number; summary: string }
interface Finding {
  check: string; title: string; verdict: string; reason: string; sure?: string; seen_by: string[];
  evidence: { by: string; where: string; quote: string }[]; evidence_left_out: number; cost?: string; todo?: string;
}
interface Report extends Line { report: { findings: Finding[]; note?: string; milliseconds: number } }
interface List { audits: Line[]; running: { url: string; live: boolean; recorded: boolean; since: number } | null; trouble: string | null; hosts: string[] }

const VERDICTS: Record<string, { tone: Tone; word: string; heading: string }> = {
  FAIL: { tone: 'bad', word: 'problem', heading: 'Problems' },
  WARN: { tone: 'wait', word: 'warning', heading: 'Warnings' },
  PASS: { tone: 'good', word: 'in order', heading: 'In order' },
  INFO: { tone: 'off', word: 'for information', heading: 'For information' },
  NOT_DETERMINABLE: { tone: 'off', word: 'could not be told', heading: 'Could not be told' },
  NOT_RUN: { tone: 'off', word: 'not looked at', heading: 'Not looked at' },
};
const verdictOf = (verdict: string): { tone: Tone; word: string } => VERDICTS[verdict] || { tone: 'off', word: verdict };
const WAYS: Record<string, string> = { static: 'the pages', har: 'a recording', live: 'a browser' };
const rank = (verdict: string): number => ['PASS', 'WARN', 'FAIL'].indexOf(verdict); // -1: not judged

function One({ finding }: { finding: Finding }) {
  const { tone, word } = verdictOf(finding.verdict);
  return (
    <details class="attempt" open={finding.verdict === 'FAIL'}>
      <summary><Badge tone={tone}>{word}</Badge> <b>{finding.title}</b> <span class="muted small">{finding.check}</span></summary>
      <p>{finding.reason}</p>
      {finding.cost && <p><b>What it costs:</b> {finding.cost}</p>}
      {finding.todo && <p><b>To do:</b> <Words text={finding.todo} /></p>}
      {finding.evidence.length > 0 && (
        <ul class="plainlist small">
          {finding.evidence.map((one, n) => <li key={n}><span class="muted">{one.where}, seen in {WAYS[one.by] || one.by}:</span> <code>{one.quote}</code></li>)}
          {finding.evidence_left_out > 0 && <li class="muted">and {count(finding.evidence_left_out)} more</li>}
        </ul>
      )}
      {finding.sure && <p class="muted small">How sure: {finding.sure}</p>}
    </details>
  );
}

/* A check that was wrong and is not seen to be any more: looking at pages can rarely prove that all is well. */
function changeOf(was: string, is: string): [Tone, string] | null {
  const before = rank(was), now = rank(is);
  if (before === now) return null;
  if (now < 0) return before > 0 ? ['good', 'no longer seen'] : null;
  if (before < 0) return now > 0 ? ['bad', 'new'] : null;
  return now < before ? ['good', 'better'] : ['bad', 'worse'];
}

function Changes({ now, before }: { now: Finding[]; before: Finding[] }) {
  const changed = now.flatMap(({ check, title, verdict }) => {
    const was = before.find((one) => one.check === check)?.verdict || '';
    const change = changeOf(was, verdict);
    return change ? [{ check, title, change, words: `was ${verdictOf(was).word}, is ${verdictOf(verdict).word}` }] : [];
  });
  if (changed.length === 0) return <p class="muted">Nothing changed.</p>;
  return <ul class="plainlist">{changed.map(({ check, title, change: [tone, word], words }) => <li key={check}><Badge tone={tone}>{word}</Badge> {title}: {words}</li>)}</ul>;
}

function Shown({ line, before }: { line: Line; before?: Line }) {
  const { zone } = useHouse();
  const asked = useAsk<Report>(`/audits/${line.id}`);
  const older = useAsk<Report>(before ? `/audits/${before.id}` : null);
  return (
    <Answer asked={asked} rows={6}>{({ report }) => (
      <>
        <dl class="figures">
          <Figure name="Problems" value={count(line.problems)} bad={line.problems > 0}>{before && `was ${before.problems}`}</Figure>
          <Figure name="Warnings" value={count(line.warnings)}>{before && `was ${before.warnings}`}</Figure>
          <Figure name="In order" value={count(line.passes)}>{before && `was ${before.passes}`}</Figure>
        </dl>
        <section class="panel" aria-labelledby="report">
          <h2 id="report">{line.url} <span class="light">{moment(line.at, zone())}{line.live ? ', a browser looked too' : ''}</span></h2>
          <p>{line.summary}</p>
          {report.note && <p class="muted">{report.note}</p>}
          {before && older.data && <><h3>Since {moment(before.at, zone())}</h3><Changes now={report.findings} before={older.data.report.findings} /></>}
        </section>
        {Object.entries(VERDICTS).map(([verdict, { heading }]) => {
          const those = report.findings.filter((finding) => finding.verdict === verdict);
          return those.length > 0 && <section class="panel" key={verdict}><h2>{heading} <span class="light">{those.length}</span></h2>{those.map((finding) => <One key={finding.check} finding={finding} />)}</section>;
        })}
      </>
    )}</Answer>
  );
}

function History({ audits, shown }: { audits: Line[]; shown: number }) {
  const { zone } = useHouse();
  return (
    <section class="panel flush" aria-labelledby="history">
      <h2 id="history">History</h2>
      <table class="list">
        <thead><tr><th>When</th><th>Store</th><th>Result</th><th class="num">Problems</th><th class="num">Warnings</th><th class="num">In order</th></tr></thead>
        <tbody>
          {audits.map((line) => (
            <tr key={line.id}>
              <td data-name="When" class="nowrap">{line.id === shown ? <b>{moment(line.at, zone())}</b> : <Link to={`/audit/${line.id}`}>{moment(line.at, zone())}</Link>}</td>
              <td data-name="Store">{line.url}{line.live && <span class="muted small"> with a browser</span>}{line.recorded && <span class="muted small"> with a recording</span>}</td>
              <td data-name="Result">{line.summary}</td>
              <td data-name="Problems" class="num">{count(line.problems)}</td>
              <td data-name="Warnings" class="num">{count(line.warnings)}</td>
              <td data-name="In order" class="num">{count(line.passes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Start({ list, again }: { list: List; again: () => void }) {
  const { say } = useHouse();
  const [typed, type] = useState<string | null>(null);
  const [live, look] = useState(false);
  const [file, take] = useState<File | null>(null);
  const url = typed ?? list.audits[0]?.url ?? (list.hosts[0] ? `https://${list.hosts[0]}/` : '');
  const start = async (): Promise<void> => {
    if (file) {
      const { json, first } = await recordingOf(file, url);
      await upload(`/audits/recorded${query({ url: url || new URL('/', first).href, live: live ? '1' : '' })}`, json);
    } else {
      await post('/audits', { url, live });
    }
    say('The audit has begun; it takes a minute at most.');
    again();
  };
  return (
    <section class="panel">
      <label class="field">The store's address
        <input type="url" value={url} placeholder="https://shop.example/" onInput={(event) => type(event.currentTarget.value)} />
      </label>
      <label><input type="checkbox" checked={live} onChange={(event) => look(event.currentTarget.checked)} /> Let a browser look too: home, a product, the cart, with a yes and with a no to the banner. It never buys.</label>
      <label class="field">A recording of a visit, if you have one: it shows what a purchase sends
        <input type="file" accept=".har,application/json" onChange={(event) => take(event.currentTarget.files?.[0] || null)} />
      </label>
      <p class="muted small">In your browser, in a private window: open the developer tools, Network, visit the shop up to the thank-you page, then Export HAR with content. Pictures, other sites' answers and passwords' headers stay with you; the rest is read once and not kept.</p>
      <div class="actions"><Do class="main" disabled={(!url && !file) || list.running !== null} act={start}>Audit now</Do></div>
      {list.running && <p role="status">Looking at {list.running.url} …</p>}
      {list.trouble && !list.running && <div class="note bad" role="alert"><b>The last audit has no report.</b> {list.trouble}</div>}
    </section>
  );
}

export function Audit({ id }: { id?: string }) {
  const asked = useAsk<List>('/audits', 2000);
  return (
    <>
      <Head title="Audit" sub="What can be seen of a store from outside: which gaps its tracking has, what they cost, and what to do." />
      <Answer asked={asked} rows={8}>{(list) => {
        const line = id ? list.audits.find((one) => String(one.id) === id) : list.audits[0];
        const before = line && list.audits.find((one) => one.id < line.id && one.url === line.url && one.live === line.live && one.recorded === line.recorded);
        return (
          <>
            <Start list={list} again={asked.again} />
            {line ? <Shown key={line.id} line={line} before={before} /> : <Empty title={id ? 'There is no such audit, or it is too old.' : 'No audit was made here yet.'}>A program reads a few pages as a visitor would get them; nothing is changed in the shop.</Empty>}
            {list.audits.length > 0 && <History audits={list.audits} shown={line?.id || 0} />}
          </>
        );
      }}</Answer>
    </>
  );
}
