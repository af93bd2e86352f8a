/** A sentence for a person in both languages of the product. Chinese comes first; neither may be missing. */
export type Text = { readonly zh: string; readonly en: string };

export type Language = keyof Text;

/** Chinese first; English where the environment's language is English (HELIU_LANG, then the locale's own variables). */
export function languageOf(environment: { readonly [name: string]: string | undefined }): Language {
  const { HELIU_LANG, LC_ALL, LC_MESSAGES, LANG } = environment;
  return /^en/i.test(HELIU_LANG || LC_ALL || LC_MESSAGES || LANG || "") ? "en" : "zh";
}
