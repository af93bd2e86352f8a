import type { Block } from "../../../node/settlement/period-view.ts";
import { shortTime } from "../format.ts";
import type { View } from "../view.ts";
import { Due, ReasonLine } from "./reason.tsx";

export type NamedBlock = { readonly block: Block; readonly periodId: string; readonly entryName: string };

/** What keeps periods from being closed: whose turn it is, until when, and where to act. */
export function BlockingTable({ view, blocks }: { view: View; blocks: readonly NamedBlock[] }) {
  const t = view.t.finance;
  if (blocks.length === 0) return <p class="card-body quiet">{t.nothingBlocks}</p>;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{view.t.settlement.statements}</th>
            <th scope="col">{view.t.negotiation.waitsFor}</th>
            <th scope="col">{t.due}</th>
          </tr>
        </thead>
        <tbody>
          {blocks.map(({ block, periodId, entryName }) => (
            <tr>
              <th scope="row">
                <a href={block.link}>{entryName}</a>
                <br />
                <small class="quiet">{periodId}</small>
              </th>
              <td>
                <ReasonLine view={view} reason={block} />
              </td>
              <td class="keep">
                {block.until === null ? t.noDue : <Due view={view} reason={block} />}
                <br />
                <small class="quiet">{view.t.negotiation.waited(shortTime(block.since, view.nowMs))}</small>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
