// Fails on a class that a page uses and src/styles.css does not know: a page without its styles passes every other check.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = join(fileURLToPath(new URL('.', import.meta.url)), '../src');
const known = new Set([...readFileSync(join(source, 'styles.css'), 'utf8').matchAll(/\.([a-z][a-z-]*)/g)].map((m) => m[1]));
// Marks for tests and for the browser's own styles.
const plain = new Set(['digest']);
const faults = [];
for (const file of readdirSync(source, { recursive: true }).filter((name) => name.endsWith('.tsx'))) {
  for (const [, names] of readFileSync(join(source, file), 'utf8').matchAll(/className="([^"]*)"/g)) {
    for (const name of names.split(/\s+/)) if (name && !known.has(name) && !plain.has(name)) faults.push(`${file}: .${name} has no rule in styles.css`);
  }
}
for (const fault of new Set(faults)) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);
