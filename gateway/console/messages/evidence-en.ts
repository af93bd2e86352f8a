import type { evidenceZh } from "./evidence-zh.ts";
import type { Filled } from "./filled.ts";

/** The audit log as an auditor works with it, in English. */
export const evidenceEn: Filled<typeof evidenceZh> = {
  evidence: {
    findings: "Held against other regions' logs",
    noFindings: "Nothing: all regions' logs agree with each other, none has split and none went back.",
    findingsOnly: "Findings are open to auditors and administrators.",
    kinds: { equivocation: "One log, two histories", rollback: "The log went back: less than it had signed" },
    findingOf: (name, size) => `${name}, at size ${size}`,
    heardFrom: (name) => `brought by ${name}`,
    mended: (at) => `mended ${at}`,
    open: "not settled",
    notes: ["The checkpoint seen first", "The checkpoint seen later"],
    notesHint:
      "Both bear the log's own signature; anyone can check them with its key from the trust list, without trusting this node.",
    atTime: "Found",
    caseTitle: "Case",
    caseLead: (count, index) => `All ${count} entries up to entry ${index} of the log, provably complete`,
    caseOpen: "Nothing proves yet that these are all entries",
    noHead:
      "No entry says yet how many this agreement has; fix the number, and they can be proved to be all and exported.",
    caseNewer: "There are newer entries; fix the number again to include them.",
    caseOf: (name) => `Case of agreement: ${name}`,
    openCase: "Open the case: all entries, proof of completeness, export",
    seq: "No.",
    head: "Last entry",
    checkpoint: "Checkpoint",
    fix: "Fix the number",
    fixWill:
      "An entry will be written that says how many this agreement has so far; once a checkpoint covers it, they can be proved to be all.",
    bundle: "Export the bundle",
    bundleHint:
      "One file: entries and proofs, agreement, receipts, statement, inputs of decisions, and keys; check it offline with heliu audit verify --bundle.",
    period: "Period (optional)",
    wholeCase: "all",
    searchCase: "Search these entries in the log",
    shown: (shown, all) => `The first ${shown} of ${all}; the rest is in the exported bundle.`,
    sampleTitle: "Random sample",
    sampleLead: (n, size) => `${n} of ${size} entries, drawn by the checkpoint's hash`,
    sampleIntro:
      "The checkpoint and your words decide what is drawn, so this node cannot choose; the same words draw the same entries.",
    count: "How many",
    salt: "Your own words",
    draw: "Draw",
    downloadSample: "Download the sample with its proofs",
    sampleOnly: "An auditor has to draw a sample",
    order: "Order",
    check: "Verify in this browser",
    checkIntro:
      "Your browser hashes and checks the signatures; this node is not asked. Change any character below and verify again: it will be noticed. The keys are the trust list's, so compare its digest with the one you got out of band.",
    checkNow: "Verify",
    checkNeedsScript:
      "Verifying in the browser needs scripts; or download the offline proof and use heliu audit verify.",
    checkReady: "Not verified yet",
    checkGood: "Holds: entry {index} is in the log; {origin} has signed the checkpoint of {size} entries.",
    checkWitnesses: "Witnesses: {witnesses}.",
    checkNoWitness: "No witness has signed.",
    checkBad: "Does not hold: ",
    checkFailed: "The verifier could not be loaded; reload the page, or verify the offline proof.",
    leafText: "The entry itself",
    proofText: "Proof",
    keys: (version) => `Keys of trust list version ${version}`,
  },
};
