/**
 * A strict reader of DER and the few writers that a name-constraints extension needs. Written here, not taken from
 * `@peculiar/x509`: the peer check is synchronous and runs in every serving process, where loading that package costs
 * 116 ms at start, it has no reader for name constraints, and it turns names into strings that lose a NUL or a bad byte.
 */
export type DerNode = {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Header and content. */
  readonly bytes: Uint8Array;
};

export class DerFault extends Error {}

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/** The elements that lie one after another in `bytes`. @throws DerFault for anything that is not DER. */
export function readDer(bytes: Uint8Array): DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < bytes.length; ) {
    const node = readOne(bytes, at);
    nodes.push(node);
    at += node.bytes.length;
  }
  return nodes;
}

/** Exactly one element, of that tag. */
export function readSingle(bytes: Uint8Array, tag: number): DerNode {
  const [node, ...rest] = readDer(bytes);
  if (node === undefined || rest.length > 0) throw new DerFault("expected exactly one element");
  return expectTag(node, tag);
}

export function expectTag(node: DerNode | undefined, tag: number): DerNode {
  if (node?.tag !== tag) throw new DerFault(`expected tag ${tag}, found ${node?.tag ?? "nothing"}`);
  return node;
}

/** The elements inside a constructed one. */
export function childrenOf(node: DerNode | undefined, tag: number): DerNode[] {
  return readDer(expectTag(node, tag).content);
}

function readOne(bytes: Uint8Array, at: number): DerNode {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new DerFault("bad header");
  let length = first;
  let header = 2;
  if (first >= 0x80) {
    const size = first & 0x7f;
    // 0x80 is BER's indefinite length; more than three bytes would be a certificate of 16 MiB.
    if (size === 0 || size > 3) throw new DerFault("bad length");
    length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    header += size;
    if (length < 0x80 || length < 256 ** (size - 1)) throw new DerFault("length is not minimal");
  }
  const end = at + header + length;
  if (end > bytes.length) throw new DerFault("truncated");
  return { tag, content: bytes.subarray(at + header, end), bytes: bytes.subarray(at, end) };
}

/** Dotted form of an object identifier. */
export function oidOf(node: DerNode | undefined): string {
  const { content } = expectTag(node, derTag.oid);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join(".");
}

/** A non-negative integer as lower-case hex without leading zero bytes: the form of serials everywhere in Heliu. */
export function unsignedHexOf(node: DerNode | undefined): string {
  const { content } = expectTag(node, derTag.integer);
  if (content.length === 0 || (content[0] ?? 0) >= 0x80) throw new DerFault("negative or empty integer");
  const bytes = content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
  return Buffer.from(bytes).toString("hex");
}

/** RFC 5280 §4.1.2.5: UTCTime means 1950–2049; both forms end in Z and have seconds. */
export function instantTextOf(node: DerNode | undefined): string {
  const text = Buffer.from(node?.content ?? []).toString("latin1");
  const short = node?.tag === derTag.utcTime;
  if (!short && node?.tag !== derTag.generalizedTime) throw new DerFault("expected a time");
  const digits = short ? /^\d{12}Z$/ : /^\d{14}Z$/;
  if (!digits.test(text)) throw new DerFault("bad time");
  const full = short ? `${Number(text.slice(0, 2)) >= 50 ? "19" : "20"}${text}` : text;
  const [date, time] = [full.slice(0, 8), full.slice(8, 14)];
  return `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}.000Z`;
}

export function writeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from([tag, ...header]), content]);
}
