import type { Reason } from "../../../node/kernel/reason.ts";
import { dueDay, fullTime } from "../format.ts";
import { say, type View } from "../view.ts";

/** Who is meant by a turn: `成都市 审批人`; a turn of the node itself is the region's name alone. */
export function turnName(view: View, turn: NonNullable<Reason["turn"]>): string {
  const roles: { readonly [role: string]: string } = view.t.roles;
  const role = roles[turn.role];
  return role === undefined ? view.nameOf(turn.region) : `${view.nameOf(turn.region)} ${role}`;
}

/** Until when, and by which rule; marked where the number behind it was never officially confirmed. */
export function Due({ view, reason }: { view: View; reason: Reason }) {
  const { t, language, nowMs } = view;
  if (reason.until === null) return null;
  const day = dueDay(reason.until, language);
  const isLate = Date.parse(reason.until) < nowMs;
  return (
    <span class={isLate ? "late" : ""} title={fullTime(reason.until)}>
      {isLate ? t.reason.late(day) : t.reason.until(day)}
    </span>
  );
}

export function Rule({ view, reason }: { view: View; reason: Pick<Reason, "rule" | "verified"> }) {
  return (
    <small class="quiet">
      {view.t.reason.rule} <RuleName view={view} rule={reason.rule} />
      {reason.verified ? null : <Unverified view={view} />}
    </small>
  );
}

/** A rule of a pack by its title, which opens its citation; rules of the program itself have no page of their own. */
export function RuleName({ view, rule }: { view: View; rule: string }) {
  const [, key = ""] = /^[^/]+@[^/]+\/(.+)$/.exec(rule) ?? [];
  if (key === "") return <code>{rule}</code>;
  return (
    <a href={`/console/rules#${encodeURIComponent(rule)}`} title={rule}>
      {ruleTitle(view, key) ?? <code>{rule}</code>}
    </a>
  );
}

/** Undefined for a key that no pack had when this was written. */
export function ruleTitle(view: View, key: string): string | undefined {
  const titles: { readonly [key: string]: string } = view.t.ruleTitles;
  return titles[key];
}

export function Unverified({ view }: { view: View }) {
  return (
    <span class="unverified" title={view.t.reason.unverifiedHint}>
      {view.t.reason.unverified}
    </span>
  );
}

/** Six digits that stand alone and count nothing: a region, if it is known. */
const REGION =
  /(?<![0-9.,…@/-])[1-9][0-9]{5}(?![0-9.@/-]|,[0-9]|\s*(?:分|张|次|行|条|项|笔|fen|receipts|calls|rows|entries|payments))/g;

/** The reason's sentence with regions called as people call them. */
function reasonWords(view: View, reason: Reason): string {
  return say(view, reason.text).replace(REGION, (id) => view.nameOf(id));
}

/** One line: whose turn, until when, why. */
export function ReasonLine({ view, reason }: { view: View; reason: Reason }) {
  return (
    <span>
      {reason.turn === null ? null : <strong>{view.t.reason.waitsFor(turnName(view, reason.turn))} · </strong>}
      {reasonWords(view, reason)} <Rule view={view} reason={reason} />
    </span>
  );
}
