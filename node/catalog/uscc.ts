/** 31 characters; letters that look like digits (I O Z S V) are left out, so a value is an index, never a char code. */
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

export type UsccState = "valid" | "wrong-check-digit" | "malformed";

/** Full-width characters and lower case are accepted as their plain upper-case form. */
function normalizeUscc(code: string): string {
  return code.normalize("NFKC").trim().toUpperCase();
}

/**
 * A unified social credit code. A wrong check digit is only a warning to whoever asks, because real registers hold
 * such codes; wrong length or alphabet is never a code. Source: GB 32100—2015, domain.md §10.
 */
export function checkUscc(code: string): UsccState {
  const text = normalizeUscc(code);
  if (!/^[0-9A-HJ-NP-RTUWXY]{18}$/.test(text)) return "malformed";
  return usccCheckCharacter(text.slice(0, 17)) === text[17] ? "valid" : "wrong-check-digit";
}

/** The 18th character for the first 17: 31 − Σ value·3^(i−1) mod 31, where 31 counts as 0. */
export function usccCheckCharacter(first17: string): string {
  let sum = 0;
  for (let i = 0, weight = 1; i < 17; i++, weight = (weight * 3) % 31) {
    sum += ALPHABET.indexOf(first17.charAt(i)) * weight;
  }
  return ALPHABET.charAt((31 - (sum % 31)) % 31);
}
