import type { Token } from "../../../node/identity/tokens.ts";
import type { User } from "../../../node/identity/users.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Time } from "../parts/time.tsx";
import type { View } from "../view.ts";

/** Why a token does not let anybody in any more; null while it does. */
export function standing({ t, nowMs }: View, token: Token, users: readonly User[]): string | null {
  const { userId, revokedAt, expiresAt } = token;
  if (revokedAt !== null) return t.users.revoked;
  if (users.find(({ id }) => id === userId)?.disabled === true) return t.users.disabled;
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs ? t.users.expired : null;
}

export function Tokens({ view, users, tokens }: { view: View; users: readonly User[]; tokens: readonly Token[] }) {
  const t = view.t.users;
  const names = new Map(users.map(({ id, name }) => [id, name]));
  return (
    <section class="card scroll">
      <h2 class="card-header">{t.tokens}</h2>
      {tokens.length === 0 ? <p class="card-body">{t.none}</p> : null}
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.name}</th>
            <th scope="col">{t.since}</th>
            <th scope="col">{t.until}</th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => {
            const over = standing(view, token, users);
            return (
              <tr>
                <th scope="row">
                  {names.get(token.userId) ?? token.userId}
                  <small class="quiet block">{token.name}</small>
                </th>
                <td class="keep">
                  <Time view={view} at={token.createdAt} />
                </td>
                <td class="keep">
                  {over !== null ? (
                    <span class="marker bad">{over}</span>
                  ) : token.expiresAt === null ? (
                    <span class="quiet">{t.never}</span>
                  ) : (
                    <Time view={view} at={token.expiresAt} />
                  )}
                </td>
                <td>
                  {over === null ? (
                    <Confirm
                      view={view}
                      action={`/console/users/tokens/${encodeURIComponent(token.id)}/revoke`}
                      label={t.revoke}
                      willHappen={t.revokeWill}
                      confirm={view.t.negotiation.confirm}
                      tone="danger"
                    />
                  ) : null}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
