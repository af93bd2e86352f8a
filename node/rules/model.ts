import { z } from "zod";

export const ruleLevels = ["national", "provincial", "municipal", "agreement"] as const;
export type RuleLevel = (typeof ruleLevels)[number];

/**
 * What a lower level may do with a rule: nothing, only choose a stricter value, or choose freely (a longer deadline than
 * the level above then needs a stated reason). Source: domain.md §7.
 */
export const overrideModes = ["fixed", "tighten-only", "overridable"] as const;
export type OverrideMode = (typeof overrideModes)[number];

const citationSchema = z.strictObject({
  title: z.string(),
  docNo: z.string().optional(),
  article: z.string().optional(),
  note: z.string().optional(),
});
export type Citation = z.infer<typeof citationSchema>;

const ruleValueSchema = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.string()),
  z.record(z.string(), z.string()),
]);
export type RuleValue = z.infer<typeof ruleValueSchema>;

const ruleSchema = z.strictObject({
  key: z.string().regex(/^[a-z]+(\.[A-Za-z0-9]+)+$/),
  value: ruleValueSchema,
  unit: z.string(),
  citation: citationSchema,
  /** False while nobody read a text that states the number; people are shown a mark then. */
  verified: z.boolean(),
  verifiedFrom: z.string().nullable(),
  evidence: z.enum(["primary", "secondary", "none"]),
  effectiveFrom: z.iso.date(),
  effectiveFromVerified: z.boolean(),
  effectiveTo: z.iso.date().nullable(),
  override: z.enum(overrideModes),
  /** Why a level allows itself a longer deadline than the level above. */
  reason: z.string().optional(),
  note: z.string().optional(),
});
export type Rule = z.infer<typeof ruleSchema>;

/** A versioned set of rules of one level. Strict: a misspelt key must not silently change what the law allows. */
export const rulePackSchema = z.strictObject({
  illustrative: z.boolean().optional(),
  id: z.string(),
  version: z.string(),
  level: z.enum(ruleLevels),
  /** Division code (`000000` for the country); an agreement's joins its two regions with `+`. */
  jurisdiction: z.string().regex(/^[0-9]{6}(\+[0-9]{6})?$/),
  name: z.string(),
  parent: z.string().nullable(),
  publishedAt: z.iso.date(),
  status: z.string(),
  rules: z.array(ruleSchema),
});
export type RulePack = z.infer<typeof rulePackSchema>;

const dayListSchema = z.array(z.strictObject({ date: z.iso.date(), name: z.string() }));

/** One year of the State Council's holiday notice. `provisional`: the notice was not out yet, only fixed dates are known. */
const calendarYearSchema = z.strictObject({
  status: z.enum(["published", "provisional"]),
  verified: z.boolean(),
  source: z.string().nullable(),
  off: dayListSchema,
  work: dayListSchema,
  workdayCount: z.int().optional(),
  note: z.string().optional(),
});

export const calendarSchema = z.object({
  schemaVersion: z.string(),
  timezone: z.literal("Asia/Shanghai"),
  years: z.record(z.string().regex(/^[0-9]{4}$/), calendarYearSchema),
});
export type CalendarData = z.infer<typeof calendarSchema>;
