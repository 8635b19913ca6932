import { attributes, html, type Html } from '../html.js';
import { cutEnd, shorten } from './format.js';
import type { Level } from './listener-state.js';

/** How much of a text that something else has made is shown, characters. */
const LONGEST_NOTICE = 2_000;

/** A column of a table. */
export interface Column {
  readonly head: string;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
  /** For the eye there is no heading: it holds what can be done with the row. */
  readonly isBare?: boolean;
}

/** A row of a table: one piece for each column; the first one that is not bare is its heading. */
export interface Row {
  readonly cells: readonly Html[];
  readonly level?: Level;
}

/** What a table is. */
export interface TableParts {
  /** Says what it lists, to those who don't see what is around it. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What is said where there are no rows. */
  readonly empty: string;
  /** Makes the script keep it current. */
  readonly liveId?: string;
}

/** A table, which on a narrow screen becomes a list. */
export function table({ caption, columns, rows, empty, liveId }: TableParts): Html {
  const live = attributes({ id: liveId, 'data-live': liveId !== undefined });
  if (rows.length === 0) return html`<div ${live}><p class="empty">${empty}</p></div>`;
  return html`<div class="table" ${live}>
    <table>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(
            ({ head, isNumber, isBare }) =>
              html`<th scope="col" ${attributes({ class: isNumber && 'number' })}>
                ${isBare ? html`<span class="unseen">${head}</span>` : head}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => tableRow(columns, row))}
      </tbody>
    </table>
  </div>`;
}

/** One row of a {@link table}. */
export function tableRow(columns: readonly Column[], { cells, level }: Row): Html {
  const heading = columns.findIndex(({ isBare }) => !isBare);
  return html`<tr ${attributes({ class: level && `level ${level}` })}>
    ${cells.map((cell, i) => {
      const column = columns[i];
      const kind = attributes({
        class: column?.isNumber && 'number',
        'data-label': column?.isBare ? undefined : column?.head,
      });
      return i === heading
        ? html`<th scope="row" ${kind}>${cell}</th>`
        : html`<td ${kind}><div>${cell}</div></td>`;
    })}
  </tr>`;
}

/** A state as a word in its colour. */
export function badge(level: Level, label: string): Html {
  return html`<span class="badge ${level}">${label}</span>`;
}

/** A link whose text is a name that strangers have chosen. */
export function nameLink(address: string, name: string, longest?: number): Html {
  return html`<a class="name" href="${address}"><bdi>${breakable(name, longest)}</bdi></a>`;
}

/** A name that leads nowhere. */
export function nameText(name: string, longest?: number): Html {
  return html`<bdi class="name">${breakable(name, longest)}</bdi>`;
}

/** A name that a line ends in where people would end it. */
function breakable(name: string, longest?: number): Html {
  const parts = shorten(name, longest).split(/(?<=[.:/-])(?=\w)/);
  return html`${parts.map((part, i) => html`${i > 0 && html`<wbr />`}${part}`)}`;
}

/** Facts by name; what is `null` is left out. */
export function facts(
  pairs: readonly (readonly [name: string, value: Html | string | null])[],
): Html {
  return html`<dl class="facts">
    ${pairs.map(
      ([name, value]) =>
        value !== null &&
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Something that the reader has to know. */
export function notice(level: Level, content: Html | string): Html {
  const shown = typeof content === 'string' ? cutEnd(content, LONGEST_NOTICE) : content;
  return html`<div class="notice ${level}"><p>${shown}</p></div>`;
}

/** What could not be read. */
export function problems(texts: readonly string[]): Html {
  return html`${texts.map((text) => notice('broken', text))}`;
}

/** What is not there. */
export const NONE = html`<span class="none">–</span>`;
