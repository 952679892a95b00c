/**
 * Recomputes the root of an RFC 6962 Merkle tree from one entry and its inclusion proof, in the browser:
 * leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖ right).
 */
function bytesOf(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const hexOf = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

async function digest(...parts: Uint8Array[]): Promise<Uint8Array> {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

export interface ProofStep {
  side: 'left' | 'right';
  sibling: string;
  result: string;
}
export interface Recomputed {
  leaf: string;
  root: string;
  steps: ProofStep[];
}

/** `entry` and all hashes in hex. */
export async function leafOf(entry: string): Promise<string> {
  return hexOf(await digest(Uint8Array.of(0), bytesOf(entry)));
}

/** Section 2.1.1 of RFC 6962 read from the leaf upwards; throws when the path is too long or too short for the tree. */
export async function recompute(entry: string, index: number, size: number, path: string[]): Promise<Recomputed> {
  const leaf = await leafOf(entry);
  let hash = bytesOf(leaf);
  let position = index;
  let last = size - 1;
  const steps: ProofStep[] = [];
  if (index < 0 || index >= size) throw new RangeError('index');
  for (const sibling of path) {
    if (last === 0) throw new RangeError('path');
    const fromLeft = position % 2 === 1 || position === last;
    hash = fromLeft
      ? await digest(Uint8Array.of(1), bytesOf(sibling), hash)
      : await digest(Uint8Array.of(1), hash, bytesOf(sibling));
    steps.push({ side: fromLeft ? 'left' : 'right', sibling, result: hexOf(hash) });
    if (fromLeft) {
      // A right edge that has no sibling on this level climbs until it has one.
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2);
        last = Math.floor(last / 2);
      }
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new RangeError('path');
  return { leaf, root: hexOf(hash), steps };
}
