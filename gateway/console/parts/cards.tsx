type Props = { cards: readonly (readonly [name: string, value: string, href?: string])[] };

/** Figures that answer the question of the page; those with an address open. */
export function Cards({ cards }: Props) {
  return (
    <dl class="figures">
      {cards.map(([name, value, href]) => (
        <div class="card">
          <dt>{name}</dt>
          <dd>{href === undefined ? value : <a href={href}>{value}</a>}</dd>
        </div>
      ))}
    </dl>
  );
}
