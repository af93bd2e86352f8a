import type { codesZh } from "./codes-zh.ts";

/** What codes mean, in English. */
export const codesEn: typeof codesZh = {
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
  freshness: { live: "live", stale: "silent", never: "never reached" },
};
