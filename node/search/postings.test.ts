import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { appendPostings, decodePostings, tailHeader } from "./postings.ts";

/** Rising document numbers in batches, with impacts: what a term sees in its life. Gap 1 makes dense blocks, wide gaps sparse ones. */
const life = fc
  .record({
    maxGap: fc.constantFrom(1, 3, 200, 70_000),
    gaps: fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 900 }), { minLength: 1, maxLength: 12 }),
  })
  .map(({ maxGap, gaps }) => {
    let doc = 0;
    return gaps.map((batch) => ({
      docs: batch.map((gap) => (doc += 1 + (gap % maxGap))),
      impacts: batch.map((gap) => 1 + (gap % 255)),
    }));
  });

describe("posting lists", () => {
  it("give back what was appended, whatever the batches and however far apart", () => {
    fc.assert(
      fc.property(life, (batches) => {
        let tail: Uint8Array | undefined;
        const blocks: Uint8Array[] = [];
        for (const batch of batches) {
          const appended = appendPostings(tail, batch);
          tail = appended.tail;
          if (appended.block !== undefined) {
            expect(appended.block.number).toBe(blocks.length);
            blocks.push(appended.block.bytes);
          }
        }
        if (tail === undefined) return;
        const { docs, impacts } = decodePostings(tail, blocks);
        expect([...docs]).toEqual(batches.flatMap((batch) => batch.docs));
        expect([...impacts]).toEqual(batches.flatMap((batch) => batch.impacts));
        expect(tailHeader(tail)).toMatchObject({ count: docs.length, blocks: blocks.length });
      }),
      { numRuns: 60 },
    );
  });

  it("take one byte a document where nearly every document has the term", () => {
    const docs = Array.from({ length: 10_000 }, (_, i) => i + 500);
    const { block } = appendPostings(undefined, { docs, impacts: docs.map(() => 7) });
    expect(block?.bytes.length).toBeLessThan(10_050);
  });
});
