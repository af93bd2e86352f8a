/** One record of what leaves: RFC 4180 quoting, UTF-8, LF. Both regions hash these bytes, so there is one way only. */
export function csvLine(cells: readonly string[]): string {
  let line = "";
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] ?? "";
    line += i === 0 ? quoted(cell) : `,${quoted(cell)}`;
  }
  // One empty cell would be a blank line, which readers take for no record.
  return line === "" ? '""\n' : `${line}\n`;
}

function quoted(cell: string): string {
  return /[",\r\n\ufeff]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
