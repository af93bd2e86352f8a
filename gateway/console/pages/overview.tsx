import type { Task } from "../../tasks.ts";
import { Layout } from "../parts/layout.tsx";
import { Due, ReasonLine } from "../parts/reason.tsx";
import { Time } from "../parts/time.tsx";
import { say, type View } from "../view.ts";

export type Trouble = { readonly title: string; readonly detail: string; readonly href: string };
export type Event = { readonly at: string; readonly title: string; readonly state: string; readonly href: string };
export type OverviewModel = {
  readonly troubles: readonly Trouble[];
  readonly today: readonly Event[];
};

export function OverviewPage({ view, model }: { view: View; model: OverviewModel }) {
  const t = view.t.overview;
  const { troubles, today } = model;
  const tasks = view.waiting;
  return (
    <Layout view={view} title={t.title} place="overview">
      <header class="head">
        <h1>
          {tasks.length === 0 ? t.nothingWaits : t.waits(tasks.length)}
          {" · "}
          {troubles.length === 0 ? t.allWell : t.wrong(troubles.length)}
        </h1>
      </header>
      <section class="card" id="waiting">
        <h2 class="card-header">{t.waitingTitle}</h2>
        {tasks.length === 0 ? <p class="card-body quiet">{t.nothingWaits}</p> : <Tasks view={view} tasks={tasks} />}
      </section>
      <div class="columns">
        <section class="card">
          <h2 class="card-header">{t.wrongTitle}</h2>
          {troubles.length === 0 ? (
            <p class="card-body">
              <span class="dot live"></span> {t.nothingWrong}
            </p>
          ) : (
            <ul class="card-body lines">
              {troubles.map(({ title, detail, href }) => (
                <li>
                  <span class="dot stale"></span> <a href={href}>{title}</a>
                  <br />
                  <small class="quiet">{detail}</small>
                </li>
              ))}
            </ul>
          )}
        </section>
        <section class="card">
          <h2 class="card-header">{t.todayTitle}</h2>
          {today.length === 0 ? (
            <p class="card-body quiet">{t.nothingToday}</p>
          ) : (
            <ul class="card-body lines">
              {today.map(({ at, title, state, href }) => (
                <li>
                  <Time view={view} at={at} /> <a href={href}>{title}</a> <span class="quiet">{state}</span>
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </Layout>
  );
}

function Tasks({ view, tasks }: { view: View; tasks: readonly Task[] }) {
  const t = view.t.overview;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t.subject}</th>
          <th scope="col">{t.why}</th>
          <th scope="col">{t.due}</th>
        </tr>
      </thead>
      <tbody>
        {tasks.map(({ title, reason, href }) => (
          <tr>
            <th scope="row">
              <a href={href}>{say(view, title)}</a>
            </th>
            <td>{reason === null ? "—" : <ReasonLine view={view} reason={reason} />}</td>
            <td class="keep">
              {reason === null || reason.until === null ? (
                <span class="quiet">{t.noDue}</span>
              ) : (
                <Due view={view} reason={reason} />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
