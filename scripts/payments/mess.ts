import type { SeededRandom } from "../demo/seeded-random.ts";

/** One slip of the pen: a character wrong, lost, doubled, or two changed round; sometimes two slips. */
export function slipped(random: SeededRandom, reference: string): string {
  const once = slipOnce(random, reference);
  return random.next() < 0.1 ? slipOnce(random, once) : once;
}

const CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".split("");

function slipOnce(random: SeededRandom, text: string): string {
  const at = random.between(0, text.length - 2);
  const before = text.slice(0, at);
  const here = text.charAt(at);
  const after = text.slice(at + 1);
  switch (random.between(0, 3)) {
    case 0:
      return before + random.pick(CHARACTERS.filter((one) => one !== here)) + after;
    case 1:
      return before + after;
    case 2:
      return before + here + here + after;
    default:
      return before + after.charAt(0) + here + after.slice(1);
  }
}

/** As an input method leaves it: full-width, lower case, spaces, dashes, O for 0. */
export function dressed(random: SeededRandom, text: string): string {
  const wide = (character: string) => String.fromCharCode(character.charCodeAt(0) + 0xfee0);
  switch (random.between(0, 3)) {
    case 0:
      return text.split("").map(wide).join("");
    case 1:
      return text.toLowerCase().replace(/(.{4})(?=.)/g, "$1 ");
    case 2:
      return text.replace(/(.{4})(?=.)/g, "$1-");
    default:
      return /[A-Z]/.test(text) ? text.replaceAll("0", "O") : text.split("").map(wide).join(" ");
  }
}

export function accountIn(random: SeededRandom): string {
  return `6222${String(random.between(1, 999_999_999)).padStart(9, "0")}${String(random.between(1, 999_999)).padStart(6, "0")}`;
}

export function chinese(random: SeededRandom): string {
  const names = ["安", "宁", "庆", "阳", "川", "江", "海", "平", "昌", "南"];
  return random.pick(names) + random.pick(names);
}

/** The same day in the dress of another system. */
export function oddDate(random: SeededRandom): string {
  const day = new Date(Date.UTC(2026, random.between(1, 9), random.between(1, 28)));
  const [year, month, date] = [day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()];
  const two = (value: number) => String(value).padStart(2, "0");
  return random.pick([
    `${year}/${month}/${date}`,
    `${year}${two(month)}${two(date)}`,
    `${year}年${month}月${date}日`,
    `${year}-${two(month)}-${two(date)} 09:31:07`,
    `${year}.${two(month)}.${two(date)}`,
    String(day.getTime() / 86_400_000 + 25_569),
  ]);
}
