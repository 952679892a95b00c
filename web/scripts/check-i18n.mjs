// Fails on a key that is missing in one language, used but not there, or there but unused, and on a literal text a
// user would see: in JSX, in an attribute a person reads or hears, or in Korean anywhere outside src/locales.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '..');
const read = (name) => JSON.parse(readFileSync(join(root, 'src/locales', name), 'utf8'));
const flat = (node, prefix = '') =>
  Object.entries(node).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  );
const ko = new Map(flat(read('ko.json')));
const en = new Map(flat(read('en.json')));
const faults = [];

const holes = (text) => [...text.matchAll(/{{\s*(\w+)\s*}}/g)].map((m) => m[1]).sort().join();
for (const [key, text] of ko) {
  if (!en.has(key)) faults.push(`en.json: missing ${key}`);
  else if (holes(text) !== holes(en.get(key))) faults.push(`${key}: the two languages name other values`);
  if (!text.trim()) faults.push(`ko.json: ${key} is empty`);
}
for (const [key, text] of en) {
  if (!ko.has(key)) faults.push(`ko.json: missing ${key}`);
  if (!text.trim()) faults.push(`en.json: ${key} is empty`);
  if (/[\uac00-\ud7a3]/.test(text) && key !== 'language.ko') faults.push(`en.json: ${key} is Korean`);
}

const seen = new Set(['title', 'label', 'placeholder', 'alt', 'aria-label', 'aria-description', 'description', 'lead', 'name', 'words', 'note', 'nothingFoundMessage', 'summary', 'caption', 'value']);
const harmless = new Set(['name:account', 'name:password']);
const letters = /[A-Za-z\uac00-\ud7a3]/;
const hangul = /[\uac00-\ud7a3]/;
// Command lines and file names are the same in every language.
const commandLine = /^naru [a-z]+ /;
const used = new Set();
const prefixes = new Set();

function textOf(node) {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return null;
}

function keysOf(node) {
  const text = textOf(node);
  if (text !== null) used.add(text);
  else if (node?.type === 'TemplateLiteral') {
    const start = node.quasis[0].value.cooked;
    if (start.includes('.')) prefixes.add(start);
    else faults.push(`a key made of parts must start with its group: ${start}`);
  } else if (node?.type === 'ConditionalExpression') {
    keysOf(node.consequent);
    keysOf(node.alternate);
  }
}

function walk(node, file, source) {
  if (!node || typeof node.type !== 'string') return;
  const at = () => `${file}:${source.slice(0, node.start).split('\n').length}`;
  if (node.type === 'JSXText' && letters.test(node.value)) {
    const text = node.value.trim();
    if (!commandLine.test(text)) faults.push(`${at()}: literal text “${text}”`);
  }
  if (node.type === 'JSXExpressionContainer') {
    const text = textOf(node.expression);
    if (text && letters.test(text) && node.parentIsChild) faults.push(`${at()}: literal text “${text}”`);
  }
  if (node.type === 'JSXElement' || node.type === 'JSXFragment')
    for (const child of node.children) if (child.type === 'JSXExpressionContainer') child.parentIsChild = true;
  if (node.type === 'JSXAttribute') {
    const name = node.name.name?.name ? `${node.name.namespace.name}:${node.name.name.name}` : node.name.name;
    const text = textOf(node.value?.type === 'JSXExpressionContainer' ? node.value.expression : node.value);
    const code = name === 'value' && /^[a-z_]+$/.test(text ?? '');
    if (text && letters.test(text) && seen.has(name) && !code && !harmless.has(`${name}:${text}`))
      faults.push(`${at()}: literal text in ${name}: “${text}”`);
  }
  if (node.type === 'Literal' && typeof node.value === 'string' && hangul.test(node.value))
    faults.push(`${at()}: Korean outside the locales: “${node.value}”`);
  if (node.type === 'TemplateElement' && hangul.test(node.value.cooked ?? ''))
    faults.push(`${at()}: Korean outside the locales: “${node.value.cooked}”`);
  if (node.type === 'CallExpression') {
    const callee = node.callee.name ?? node.callee.property?.name;
    // `code` itself joins a group and a value; its callers are what counts.
    if (callee === 't' && !(file === 'src/lib/words.ts' && node.arguments[0]?.type === 'TemplateLiteral')) keysOf(node.arguments[0]);
    if (callee === 'code') {
      const group = textOf(node.arguments[0]);
      if (group !== null) prefixes.add(`${group}.`);
      else if (node.arguments[0]?.type === 'TemplateLiteral') prefixes.add(node.arguments[0].quasis[0].value.cooked);
    }
  }
  if (node.type === 'JSXOpeningElement' && (node.name.name === 'State' || node.name.name === 'Chips')) {
    for (const attribute of node.attributes) {
      if (attribute.name?.name !== 'group') continue;
      const value = attribute.value?.type === 'JSXExpressionContainer' ? attribute.value.expression : attribute.value;
      for (const option of value?.type === 'ConditionalExpression' ? [value.consequent, value.alternate] : [value]) {
        const group = textOf(option);
        if (group !== null) prefixes.add(`${group}.`);
      }
    }
  }
  for (const key of Object.keys(node)) {
    const value = node[key];
    if (Array.isArray(value)) value.forEach((child) => walk(child, file, source));
    else if (value && typeof value === 'object' && typeof value.type === 'string') walk(value, file, source);
  }
}

const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
  .map((entry) => join(entry.parentPath, entry.name));
for (const path of files) {
  const source = readFileSync(path, 'utf8');
  walk(parseAst(source, { lang: path.endsWith('x') ? 'tsx' : 'ts' }), relative(root, path), source);
}
for (const key of used) if (!ko.has(key)) faults.push(`used but in no language: ${key}`);
for (const prefix of prefixes)
  if (![...ko.keys()].some((key) => key.startsWith(prefix))) faults.push(`no key starts with ${prefix}`);
for (const key of ko.keys())
  if (!used.has(key) && ![...prefixes].some((prefix) => key.startsWith(prefix))) faults.push(`unused: ${key}`);

// What any room writes to the log, the audit page must have words for.
const rooms = join(root, '../src');
for (const entry of readdirSync(rooms, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.cc') || entry.name.endsWith('_test.cc')) continue;
  const source = readFileSync(join(entry.parentPath, entry.name), 'utf8');
  for (const [, event] of source.matchAll(/\b(?:record|note)\("([a-z_]+\.[a-z_]+)"/g))
    if (!ko.has(`event.${event.replace('.', '_')}`)) faults.push(`${entry.name}: the log's event ${event} has no words`);
}

if (faults.length > 0) {
  console.error(faults.join('\n'));
  console.error(`${faults.length} faults in the portal's texts`);
  process.exit(1);
}
console.log(`${ko.size} texts in Korean and English, ${files.length} files without a literal one`);
