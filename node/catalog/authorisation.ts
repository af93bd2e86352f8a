import { z } from "zod";

/** What CAT-011 asks of an authorisation record; the rest of the record is kept but not judged. Source: domain.md §6.3. */
const authorisationSchema = z.looseObject({
  id: z.string(),
  regionCode: z.string(),
  validFrom: z.iso.date(),
  validTo: z.iso.date(),
  products: z.array(z.string()),
  sources: z.array(z.string()),
  purposes: z.array(z.string()),
});
export type Authorisation = z.infer<typeof authorisationSchema>;

const fileSchema = z.object({ authorisations: z.array(authorisationSchema) });

/** @throws when the file is not a list of authorisation records: without them no product could be judged. */
export function parseAuthorisations(file: unknown): readonly Authorisation[] {
  return fileSchema.parse(file).authorisations;
}
