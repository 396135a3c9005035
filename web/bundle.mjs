/*
 * Bundles what runs in a browser: node web/bundle.mjs NAME OUTPUT. Called by tools/web, and by
 * meson for what the program embeds. One small script each, ES2020; the dashboard alone has
 * run-time dependencies (Preact, uPlot), bundled, and becomes a C table of gzipped files, with a
 * list "bytes path" beside it (OUTPUT with .txt for .c). terser goes over what esbuild has made of
 * the scripts: two parts in a hundred less, gzipped, which the snippet's ceiling needs.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

const here = dirname(fileURLToPath(import.meta.url));
const browser = { bundle: true, minify: true, format: 'iife', target: 'es2020', charset: 'utf8', tsconfigRaw: {} };
const entries = {
  snippet: 'snippet/main.ts',
  more: 'snippet/more.ts',
  pixel: 'pixel/custom.ts',
};

/* [{path, type, page, text}]: what the admin listener serves. */
async function dashboard() {
  const folder = join(here, 'dashboard');
  const { outputFiles } = await build({
    ...browser, entryPoints: [join(folder, 'main.tsx'), join(folder, 'style.css')], outdir: folder, write: false, logLevel: 'warning',
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact' } },
  });
  const assets = outputFiles.map(({ path, text }) => {
    const [kind, type] = path.endsWith('.js') ? ['js', 'text/javascript; charset=utf-8'] : ['css', 'text/css; charset=utf-8'];
    return { kind, type, text, path: `/assets/app-${createHash('sha256').update(text).digest('hex').slice(0, 10)}.${kind}` };
  });
  const page = readFileSync(join(folder, 'index.html'), 'utf8').replace(/\/app\.(js|css)/g, (_, kind) => assets.find((one) => one.kind === kind).path);
  return [
    ...assets,
    { path: '/assets/icon.svg', type: 'image/svg+xml', text: readFileSync(join(folder, 'icon.svg'), 'utf8') },
    { path: '/', type: 'text/html; charset=utf-8', page: true, text: page },
  ];
}

function table(files) {
  const rows = files.map((file, n) => ({ ...file, n, gz: gzipSync(file.text, { level: 9 }) }));
  const arrays = rows.map(({ n, gz }) => `static const unsigned char bytes_${n}[] = {${[...gz].join(',')}};\n`).join('');
  const lines = rows.map(({ path, type, page, n, gz }) => {
    const tag = createHash('sha256').update(gz).digest('hex').slice(0, 16);
    return `    {"${path}", "${type}", "\\"${tag}\\"", ${page ? 'true' : 'false'}, bytes_${n}, sizeof bytes_${n}},\n`;
  }).join('');
  return [
    `/* Made by web/bundle.mjs from web/dashboard. */\n#include "files.h"\n\n${arrays}\nconst struct files_row files_rows[] = {\n${lines}};\n`
      + `const unsigned files_count = ${rows.length};\n`,
    rows.map(({ path, gz }) => `${gz.length} ${path}\n`).join(''),
  ];
}

const [name, output] = process.argv.slice(2);
if (name === 'tests') {
  const folder = join(here, '../tests/web');
  await build({
    entryPoints: readdirSync(folder).filter((file) => file.endsWith('.test.ts')).map((file) => join(folder, file)),
    bundle: true, platform: 'node', format: 'esm', target: 'node18', outdir: output, outExtension: { '.js': '.mjs' },
  });
} else if (name === 'dashboard') {
  const [text, list] = table(await dashboard());
  writeFileSync(output, text);
  writeFileSync(output.replace(/\.c$/, '.txt'), list);
} else if (entries[name]) {
  const made = await build({ ...browser, entryPoints: [join(here, entries[name])], write: false, logLevel: 'warning' });
  const { code } = await minify(made.outputFiles[0].text, { ecma: 2020, compress: { passes: 3, unsafe_arrows: true, pure_getters: true, if_return: false } });
  writeFileSync(output, code);
} else {
  console.error(`web/bundle.mjs: tests, dashboard, ${Object.keys(entries).join(', ')}; not ${name}`);
  process.exit(2);
}
