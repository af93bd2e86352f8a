import { roles } from "../../../node/identity/model.ts";
import type { Token } from "../../../node/identity/tokens.ts";
import type { User } from "../../../node/identity/users.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Layout } from "../parts/layout.tsx";
import { Time } from "../parts/time.tsx";
import { joined } from "../punctuation.ts";
import { holds, type View } from "../view.ts";
import { standing, Tokens } from "./tokens.tsx";

export type UsersModel = {
  readonly users: readonly User[];
  /** Null where the reader may not see them. */
  readonly tokens: readonly Token[] | null;
  /** Just issued; shown this once. */
  readonly issued?: string | undefined;
  readonly done?: string | undefined;
};

export function UsersPage({ view, model }: { view: View; model: UsersModel }) {
  const t = view.t.users;
  const { users, tokens, issued, done } = model;
  const live = (tokens ?? []).filter((token) => standing(view, token, users) === null);
  return (
    <Layout view={view} title={t.title} place="peers" done={done}>
      <header class="head">
        <h1>{tokens === null ? t.leadUsers(users.length) : t.lead(users.length, live.length)}</h1>
        {holds(view, "admin") ? null : <small class="quiet">{t.adminOnly}</small>}
      </header>
      {holds(view, "admin") ? <AddUser view={view} /> : null}
      {issued === undefined ? null : (
        <section class="banner good" role="status">
          <p>{t.shown}</p>
          <code class="block">{issued}</code>
        </section>
      )}
      <section class="card scroll">
        <UserTable view={view} users={users} />
      </section>
      {tokens === null ? null : <Tokens view={view} users={users} tokens={tokens} />}
    </Layout>
  );
}

function AddUser({ view }: { view: View }) {
  const t = view.t.users;
  return (
    <div class="above">
      <Confirm
        view={view}
        action="/console/users"
        label={t.add}
        willHappen={t.addWill}
        confirm={view.t.negotiation.confirm}
        tone="primary"
      >
        <label class="form-label" for="user-name">
          {t.name}
        </label>
        <input class="form-control" id="user-name" name="name" maxlength={64} required />
        <fieldset>
          <legend>{t.roles}</legend>
          <div class="chips">
            {roles.map((role) => (
              <label class="form-check">
                <input type="checkbox" class="form-check-input" name="roles" value={role} />
                <span class="form-check-label">{view.t.roles[role]}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <label class="form-label" for="user-password">
          {t.password}
        </label>
        <input class="form-control" id="user-password" name="password" type="password" autocomplete="new-password" />
      </Confirm>
    </div>
  );
}

function UserTable({ view, users }: { view: View; users: readonly User[] }) {
  const t = view.t.users;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t.name}</th>
          <th scope="col">{t.roles}</th>
          <th scope="col">{t.state}</th>
          <th scope="col">{t.since}</th>
          <td></td>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr>
            <th scope="row">{user.name}</th>
            <td>
              {joined(
                view,
                user.roles.map((role) => view.t.roles[role]),
              )}
            </td>
            <td>
              <span class={`marker ${user.disabled ? "bad" : "good"}`}>{user.disabled ? t.disabled : t.active}</span>
            </td>
            <td class="keep">
              <Time view={view} at={user.createdAt} />
            </td>
            <td>{holds(view, "admin") ? <UserActions view={view} user={user} /> : null}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function UserActions({ view, user }: { view: View; user: User }) {
  const t = view.t.users;
  const base = `/console/users/${encodeURIComponent(user.id)}`;
  const { confirm } = view.t.negotiation;
  if (user.disabled) {
    const enable = { action: `${base}/enable`, label: t.enable, willHappen: t.enableWill };
    return (
      <div class="actions">
        <Confirm view={view} {...enable} confirm={confirm} />
      </div>
    );
  }
  return (
    <div class="actions">
      <Confirm view={view} action={`${base}/tokens`} label={t.newToken} willHappen={t.newTokenWill} confirm={confirm}>
        <label class="form-label" for={`token-${user.id}`}>
          {t.tokenName}
        </label>
        <input class="form-control" id={`token-${user.id}`} name="name" maxlength={64} required />
        <label class="form-label" for={`until-${user.id}`}>
          {t.expires}
        </label>
        <input class="form-control" id={`until-${user.id}`} name="expires" type="date" />
      </Confirm>
      <Confirm
        view={view}
        action={`${base}/disable`}
        label={t.disable}
        willHappen={t.disableWill}
        confirm={confirm}
        tone="danger"
      />
    </div>
  );
}
