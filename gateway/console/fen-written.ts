/** Yuan as people write them (`1,234.5`, `¥12`) in fen; null where it is no amount of at most two decimals. */
export function fenWritten(text: string): string | null {
  const written = /^¥?\s*([0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.([0-9]{1,2}))?$/.exec(
    text.normalize("NFKC").trim(),
  );
  if (written === null) return null;
  const whole = (written[1] ?? "").replace(/,/g, "");
  return (BigInt(whole) * 100n + BigInt((written[2] ?? "").padEnd(2, "0"))).toString();
}
