// Development only: shows web/dist with made-up answers, so that a page can be looked at without seven processes.
// Never shipped and never used by a test. Usage: node tests/portal/dev-server.mjs [PORT]
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '../../web/dist');
const data = JSON.parse(readFileSync(join(here, 'dev-answers.json'), 'utf8'));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
let who = null;

const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const entries = data.log.map((e) => sha(Buffer.from(JSON.stringify(e))));
const tree = (l) => {
  if (l.length === 1) return sha(Buffer.of(0), l[0]);
  let k = 1;
  while (k * 2 < l.length) k *= 2;
  return sha(Buffer.of(1), tree(l.slice(0, k)), tree(l.slice(k)));
};
const path = (i, l) => {
  if (l.length === 1) return [];
  let k = 1;
  while (k * 2 < l.length) k *= 2;
  return i < k ? [...path(i, l.slice(0, k)), tree(l.slice(k))] : [...path(i - k, l.slice(k)), tree(l.slice(0, k))];
};
const checkpoint = { origin: 'naru/authority', size: entries.length, root: tree(entries).toString('hex'), note: 'naru/authority\n', key: null, witnesses: [] };

function answer(method, url, body) {
  const p = url.pathname.replace('/api/v1', '');
  if (p === '/session' && method === 'POST') who = data.accounts[body.account] ?? null;
  if (p === '/session' && method === 'DELETE') who = null;
  if (p === '/session') return method === 'POST' && !who ? [403, data.wrongPassword] : [200, who ? { ...who, account: who.id, csrf: 'x' } : { account: null }];
  if (p === '/log') {
    const from = Number(url.searchParams.get('from'));
    const count = Number(url.searchParams.get('count'));
    const page = data.log.slice(from, from + count).map((e, i) => ({ index: from + i, erased: false, digest: entries[from + i].toString('hex'), ...e }));
    return [200, { size: entries.length, entries: page }];
  }
  if (p === '/log/checkpoint') return [200, checkpoint];
  if (p.startsWith('/log/proof/')) {
    const i = Number(p.split('/').at(-1));
    if (i >= entries.length) return [404, data.refused];
    return [200, { index: i, entry: entries[i].toString('hex'), path: path(i, entries).map((h) => h.toString('hex')), origin: checkpoint.origin, size: entries.length, root: checkpoint.root, checkpoint: checkpoint.note }];
  }
  if (p === '/questions' && method === 'POST') return body.mode === 'linked' ? [403, data.refused] : [200, data.answers[0]];
  if (p === '/questions') return [200, { answers: data.answers }];
  const parts = p.split('/').filter(Boolean);
  if (method === 'POST') return [200, data.get[`/${parts.slice(0, 2).join('/')}`] ?? {}];
  const found = data.get[p];
  return found ? [200, found] : [404, data.refused];
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (!url.pathname.startsWith('/api/')) {
    const file = join(dist, url.pathname);
    const shown = url.pathname !== '/' && existsSync(file) ? file : join(dist, 'index.html');
    response.writeHead(200, { 'Content-Type': types[extname(shown)] ?? 'application/octet-stream' });
    createReadStream(shown).pipe(response);
    return;
  }
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const [status, json] = answer(request.method, url, body ? JSON.parse(body) : {});
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(json));
  });
}).listen(Number(process.argv[2] ?? 8700), '127.0.0.1');
