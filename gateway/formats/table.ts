/**
 * A flat table as text, whatever file it came from. Rows may be shorter than the headers: trailing empty cells are optional,
 * and wholly empty rows are kept, so that a row's number is the one people see.
 */
export type Table = { readonly headers: readonly string[]; readonly rows: readonly (readonly string[])[] };
