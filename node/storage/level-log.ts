import { crc32c } from "./crc32c.ts";

const BLOCK = 32_768;
const HEADER = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

/**
 * Whether a LevelDB log lost something that was acknowledged. LevelDB itself drops what does not match its checksum and
 * opens as if it had never been. The end of a log may be torn, by a process that was killed within a write; but damage
 * that something sound follows is bit rot, since each write began after the one before was on the disk.
 *
 * Source: LevelDB doc/log_format.md.
 */
export function isLogRotten(log: Buffer): boolean {
  const damage = firstDamage(log);
  if (damage === undefined) return false;
  // The damaged length may point anywhere, so every later place is tried; a checksum does not match by chance.
  for (let at = damage + 1; at + HEADER <= log.length; at++) {
    const type = log[at + 6];
    if ((type === FULL || type === FIRST) && fragmentEnd(log, at) !== undefined) return true;
  }
  return false;
}

function firstDamage(log: Buffer): number | undefined {
  for (let at = 0; at + HEADER <= log.length; ) {
    if (blockEnd(at) - at < HEADER) {
      at = blockEnd(at);
      continue;
    }
    const end = fragmentEnd(log, at);
    if (end === undefined) return at;
    at = end;
  }
  return undefined;
}

/** Where the fragment that begins here ends, or undefined when it is not sound. */
function fragmentEnd(log: Buffer, at: number): number | undefined {
  const end = at + HEADER + log.readUInt16LE(at + 4);
  const type = log[at + 6] ?? 0;
  if (type < FULL || type > LAST || end > Math.min(log.length, blockEnd(at))) return undefined;
  return unmasked(log.readUInt32LE(at)) === crc32c(log, at + 6, end) ? end : undefined;
}

function blockEnd(at: number): number {
  return (Math.floor(at / BLOCK) + 1) * BLOCK;
}

/** Stored checksums are turned and shifted, so that a checksum over checksums is none. Source: LevelDB util/crc32c.h. */
export function unmasked(stored: number): number {
  const turned = (stored - 0xa282ead8) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
}
