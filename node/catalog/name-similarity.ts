/** Names this similar and of one unit may be two sources of the same datum (CAT-009). Source: domain.md §4.6. */
const THRESHOLD_TENTHS = 9;
/** Enough to find a twin; keeps a catalogue of thousands of nearly equal names from being compared pair by pair. */
const MAX_CANDIDATES = 64;

type Named = { readonly id: string; readonly points: readonly string[] };

/**
 * Finds a name at least 0.9 similar (1 − edit distance ÷ length) among thousands. Two texts within k edits share at least
 * one of k + 1 segments unchanged, so names are kept under their segments and only few are compared.
 */
export class NameIndex {
  readonly #bySegment = new Map<string, Named[]>();

  add(unit: string, id: string, name: string): void {
    const points = pointsOf(name);
    for (const [i, segment] of segmentsOf(points).entries()) {
      const key = `${unit}/${points.length}/${i}/${segment.text}`;
      const named = this.#bySegment.get(key);
      if (named === undefined) this.#bySegment.set(key, [{ id, points }]);
      else named.push({ id, points });
    }
  }

  /** The id of a similar name of the same unit, another than `id`. */
  findSimilar(unit: string, id: string, name: string): string | undefined {
    const points = pointsOf(name);
    const reach = editsAllowed(Math.ceil((points.length * 10) / THRESHOLD_TENTHS));
    let compared = 0;
    for (let length = points.length - reach; length <= points.length + reach; length++) {
      for (const named of this.#candidates(unit, points, length)) {
        if (named.id === id) continue;
        if (isSimilar(points, named.points)) return named.id;
        compared += 1;
        if (compared >= MAX_CANDIDATES) return undefined;
      }
    }
    return undefined;
  }

  *#candidates(unit: string, points: readonly string[], length: number): Generator<Named> {
    const edits = editsAllowed(Math.max(length, points.length));
    for (const [i, { start, size }] of segmentBounds(length).entries()) {
      for (let at = Math.max(0, start - edits); at <= start + edits && at + size <= points.length; at++) {
        const text = points.slice(at, at + size).join("");
        yield* this.#bySegment.get(`${unit}/${length}/${i}/${text}`) ?? [];
      }
    }
  }
}

function isSimilar(a: readonly string[], b: readonly string[]): boolean {
  return isWithin(a, b, editsAllowed(Math.max(a.length, b.length)));
}

function pointsOf(name: string): string[] {
  return [...name.normalize("NFC")];
}

function editsAllowed(length: number): number {
  return Math.floor((length * (10 - THRESHOLD_TENTHS)) / 10);
}

/** The indexed side splits by the most edits that any partner within reach allows. */
function segmentBounds(length: number): { start: number; size: number }[] {
  const parts = Math.min(length, editsAllowed(Math.ceil((length * 10) / THRESHOLD_TENTHS)) + 1);
  return Array.from({ length: parts }, (_, i) => {
    const start = Math.floor((length * i) / parts);
    return { start, size: Math.floor((length * (i + 1)) / parts) - start };
  });
}

function segmentsOf(points: readonly string[]): { text: string }[] {
  return segmentBounds(points.length).map(({ start, size }) => ({ text: points.slice(start, start + size).join("") }));
}

/** Whether `edits` insertions, deletions and replacements make one of the other. Looks only as far off the diagonal as they reach. */
function isWithin(a: readonly string[], b: readonly string[], edits: number): boolean {
  const far = edits + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => Math.min(j, far));
  for (let i = 1; i <= a.length; i++) {
    const current = new Array<number>(b.length + 1).fill(far);
    if (i <= edits) current[0] = i;
    let least = current[0] ?? far;
    for (let j = Math.max(1, i - edits); j <= Math.min(b.length, i + edits); j++) {
      const replaced = (previous[j - 1] ?? far) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const cost = Math.min(replaced, (previous[j] ?? far) + 1, (current[j - 1] ?? far) + 1, far);
      current[j] = cost;
      if (cost < least) least = cost;
    }
    if (least > edits) return false;
    previous = current;
  }
  return (previous[b.length] ?? far) <= edits;
}
