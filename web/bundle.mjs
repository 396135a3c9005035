/*
 * Bundles what runs in a browser: node web/bundle.mjs NAME OUTPUT. Called by tools/web, and by
 * meson for what the program embeds. One small script each, ES2020, no run-time dependency.
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const browser = { bundle: true, minify: true, format: 'iife', target: 'es2020', charset: 'utf8', tsconfigRaw: {} };
const entries = {
  snippet: 'snippet/main.ts',
  more: 'snippet/more.ts',
  pixel: 'pixel/custom.ts',
};

const [name, output] = process.argv.slice(2);
if (name === 'tests') {
  const folder = join(here, '../tests/web');
  await build({
    entryPoints: readdirSync(folder).filter((file) => file.endsWith('.test.ts')).map((file) => join(folder, file)),
    bundle: true, platform: 'node', format: 'esm', target: 'node18', outdir: output, outExtension: { '.js': '.mjs' },
  });
} else if (entries[name]) {
  await build({ ...browser, entryPoints: [join(here, entries[name])], outfile: output, logLevel: 'warning' });
} else {
  console.error(`web/bundle.mjs: tests, ${Object.keys(entries).join(', ')}; not ${name}`);
  process.exit(2);
}
