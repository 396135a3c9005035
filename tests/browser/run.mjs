/*
 * All scenes, in one process so that they share one Chromium:
 *   SIDETRACK=build/asan/src/app/sidetrack node --test-reporter=tap tests/browser/run.mjs [WORD]
 * With a word, only the files whose name holds it.
 */
import { readdirSync } from 'node:fs';

const word = process.argv[2] || '';
for (const file of readdirSync(new URL('.', import.meta.url).pathname).sort())
  if (file.endsWith('.scene.mjs') && file.includes(word)) await import(`./${file}`);
