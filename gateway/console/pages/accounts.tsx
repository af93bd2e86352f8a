import type { AccountView } from "../../../node/payments/accounts.ts";
import { Confirm } from "../parts/confirm.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { Time } from "../parts/time.tsx";
import { holds, type View } from "../view.ts";

type Model = {
  readonly accounts: readonly AccountView[];
  /** Regions that may own one. */
  readonly regions: readonly string[];
  /** Accounts that wait for this reader: who registered one cannot agree. */
  readonly waiting: ReadonlySet<string>;
  readonly done: string | undefined;
};

/** Whose an account is: said by one person, in force when another says the same. */
export function AccountsPage({ view, model }: { view: View; model: Model }) {
  const { accounts, waiting, done } = model;
  const t = view.t.payments;
  const action = "/console/payments/accounts";
  return (
    <Layout view={view} title={t.accountsTitle} place="settlements" done={done}>
      <FinanceTabs view={view} current="accounts" />
      <header class="head">
        <div>
          <h1>{t.accountsLead(accounts.length)}</h1>
          <p class="quiet facts">
            <span>{t.accountsHint}</span>
          </p>
        </div>
      </header>
      {accounts.length === 0 ? null : (
        <section class="card scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.accountNumber}</th>
                <th scope="col">{t.region}</th>
                <th scope="col">{t.holder}</th>
                <th scope="col">{t.since}</th>
                <th scope="col">{t.state}</th>
              </tr>
            </thead>
            <tbody>
              {accounts.map(({ account, region, name, addedAt, isInForce }) => (
                <tr>
                  <th scope="row">
                    <code>{account}</code>
                  </th>
                  <td>{view.nameOf(region)}</td>
                  <td>{name === "" ? "—" : name}</td>
                  <td class="keep">
                    <Time view={view} at={addedAt} />
                  </td>
                  <td>
                    <span class={`marker ${isInForce ? "good" : "warn"}`}>
                      {isInForce ? t.inForce : t.waitsForSecond}
                    </span>
                    {isInForce || !waiting.has(account) ? null : (
                      <div class="actions">
                        <Confirm
                          view={view}
                          action={action}
                          label={t.agree}
                          willHappen={t.registerWill}
                          confirm={view.t.negotiation.confirm}
                        >
                          <input type="hidden" name="account" value={account} />
                          <input type="hidden" name="region" value={region} />
                          <input type="hidden" name="name" value={name} />
                        </Confirm>
                      </div>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <section class="card">
        <h2 class="card-header">{t.register}</h2>
        <div class="card-body">
          {holds(view, "finance", "approver") ? (
            <Confirm
              view={view}
              action={action}
              label={t.register}
              willHappen={t.registerWill}
              confirm={view.t.negotiation.confirm}
            >
              <RegisterFields view={view} regions={model.regions} />
            </Confirm>
          ) : (
            <p>{t.needsFinance}</p>
          )}
        </div>
      </section>
    </Layout>
  );
}

function RegisterFields({ view, regions }: { view: View; regions: readonly string[] }) {
  const t = view.t.payments;
  return (
    <>
      <label class="form-label" for="account">
        {t.accountNumber}
      </label>
      <input class="form-control" id="account" name="account" minlength={4} maxlength={64} required />
      <label class="form-label" for="region">
        {t.region}
      </label>
      <select class="form-select" id="region" name="region">
        {regions.map((region) => (
          <option value={region}>{view.nameOf(region)}</option>
        ))}
      </select>
      <label class="form-label" for="name">
        {t.holder}
      </label>
      <input class="form-control" id="name" name="name" maxlength={200} />
    </>
  );
}
