type Props = {
  current: string;
  tabs: readonly { readonly id: string; readonly href: string; readonly word: string }[];
};

export function Tabs({ current, tabs }: Props) {
  return (
    <ul class="tabs">
      {tabs.map(({ id, href, word }) => (
        <li>
          <a href={href} class={id === current ? "here" : ""} aria-current={id === current ? "true" : undefined}>
            {word}
          </a>
        </li>
      ))}
    </ul>
  );
}
