import type { codesZh } from "./codes-zh.ts";
import { leafKindsEn } from "./leaf-kinds.ts";
import { ruleTitlesEn } from "./rule-titles.ts";

/** What codes mean, in English. */
export const codesEn: typeof codesZh = {
  leafKinds: leafKindsEn,
  ruleTitles: ruleTitlesEn,
  marks: { list: ", ", colon: ": ", open: " (" },
  roles: {
    admin: "administrator",
    publisher: "publisher",
    requester: "requester",
    approver: "approver",
    finance: "finance",
    auditor: "auditor",
  },
  negotiationStates: {
    REQUESTED: "awaiting answer",
    OFFERED: "counter-offer",
    ACCEPTED: "accepted",
    AGREED: "awaiting countersignature",
    VERIFIED: "awaiting entry into force",
    FINALIZED: "agreed",
    TERMINATED: "ended",
  },
  agreementStates: {
    pending: "pending",
    "in-force": "in force",
    superseded: "superseded",
    suspended: "suspended",
    terminated: "ended",
    expired: "expired",
  },
  transferStates: {
    REQUESTED: "not started",
    STARTED: "running",
    SUSPENDED: "suspended",
    COMPLETED: "complete",
    TERMINATED: "ended",
  },
  units: {
    workday: "working days",
    day: "days",
    month: "months",
    year: "years",
    hour: "hours",
    CNY: "CNY",
    character: "characters",
    "MM-DD": "",
    boolean: "",
    policy: "",
    code: "",
    ratio: "",
    title: "",
  },
  levels: {
    national: "national",
    provincial: "provincial",
    municipal: "municipal",
    agreement: "agreement",
  },
  freshness: { live: "live", stale: "silent", never: "never reached" },
};
