import type { Highlighted } from "../../../node/search/model.ts";

/** Text with the stretches that matched; escaped first, then marked. */
export function Marked({ text, ranges }: Highlighted) {
  let at = 0;
  const parts = ranges.flatMap(([start, end]) => {
    const before = text.slice(at, start);
    at = end;
    return [before, <mark>{text.slice(start, end)}</mark>];
  });
  return (
    <>
      {parts}
      {text.slice(at)}
    </>
  );
}

export function markedWords({ text, ranges }: Highlighted): string[] {
  return [...new Set(ranges.map(([start, end]) => text.slice(start, end)))];
}
