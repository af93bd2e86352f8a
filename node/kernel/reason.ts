import { z } from "zod";

const textSchema = z.object({ zh: z.string(), en: z.string() });

/**
 * Why something is as it is: part of the state of every refusal, wait and empty answer, at both ends.
 *
 * `rule` names what decided (`cn-national@2025.11.0/share.replyDays`, or a policy rule such as `policy.purpose`); `turn` says
 * who may move next (null: nobody); `until` is the RFC 3339 instant after which `turn` is late (null: no clock runs);
 * `neutral` is what a reader without the right to more may see.
 */
export const reasonSchema = z.object({
  code: z.string(),
  rule: z.string(),
  turn: z.object({ region: z.string(), role: z.string() }).nullable(),
  until: z.string().nullable(),
  /** False while a number behind the reason was never officially confirmed; people are shown a mark. */
  verified: z.boolean().default(true),
  text: textSchema,
  neutral: textSchema,
});

export type Reason = z.infer<typeof reasonSchema>;
