/** How an amount has to look, written apart from the code that writes it: `-123456789` → `-1,234,567.89`. */
export function yuanShown(fen: string | bigint): string {
  const text = String(fen);
  const digits = text.replace("-", "").padStart(3, "0");
  let whole = digits.slice(0, -2);
  const groups: string[] = [];
  for (; whole.length > 3; whole = whole.slice(0, -3)) groups.unshift(whole.slice(-3));
  return `${text.startsWith("-") ? "-" : ""}${[whole, ...groups].join(",")}.${digits.slice(-2)}`;
}
