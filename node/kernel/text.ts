/** A sentence for a person in both languages of the product. Chinese comes first; neither may be missing. */
export type Text = { readonly zh: string; readonly en: string };

export type Language = keyof Text;
