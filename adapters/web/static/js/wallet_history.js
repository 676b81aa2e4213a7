// Every movement of my tokens, newest first, and statements to keep.

import { h } from './dom.js';
import { doing, empty, entry, field, panel } from './money_parts.js';
import { grouped, movement, signed, when } from './money_words.js';

const PAGE = 20;
const DAY_MS = 86_400_000;

function save(file, name) {
  const link = h('a', { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export class HistoryView {
  #rows = [];
  #part = null; // of a statement that fills several files: {of, after, number}, the next one

  constructor({ till }) {
    this.till = till;
    this.list = h('ul', { class: 'entries history' });
    this.error = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.note = h('p', { class: 'hint statement-note', role: 'status', hidden: true });
    const onError = (text) => {
      this.error.textContent = text;
      this.error.hidden = false;
    };
    this.more = doing('Show more', () => this.#showMore(), { look: 'quiet', onError });
    this.more.hidden = true;
    this.from = h('input', { class: 'input', name: 'statement-from', type: 'date' });
    this.to = h('input', { class: 'input', name: 'statement-to', type: 'date' });
    this.element = panel(
      'History',
      {},
      this.list,
      this.more,
      h(
        'div',
        { class: 'statement', role: 'group', 'aria-label': 'Statement' },
        h('h3', {}, 'Statement'),
        field('From', this.from),
        field('To', this.to),
        h(
          'div',
          { class: 'statement-actions' },
          doing('Save as CSV', () => this.#save('csv'), { onError }),
          doing('Save as JSON', () => this.#save('json'), { onError }),
        ),
        this.note,
      ),
      this.error,
    );
  }

  // Begin anew at the newest.
  async load() {
    try {
      this.#keep([], await this.till.api.history({ limit: PAGE }));
    } catch {
      return; // The screen's own refresher says what is wrong, and comes back.
    }
  }

  async #showMore() {
    this.#keep(this.#rows, await this.till.api.history({ limit: PAGE, offset: this.#rows.length }));
  }

  #keep(before, { history, has_more: more }) {
    this.#rows = [...before, ...history];
    this.more.hidden = !more;
    this.list.replaceChildren(
      ...(this.#rows.length
        ? this.#rows.map((row) =>
            entry(
              movement(row),
              `${when(row.created_at)} · then ${grouped(row.balance_after)}`,
              h('span', { class: row.amount > 0 ? 'gain' : '' }, signed(row.amount)),
            ),
          )
        : [h('li', {}, empty('Nothing has moved yet. Buy tokens above, or earn some.'))]),
    );
  }

  // The last day belongs to it; to the server the end does not.
  async #save(format) {
    this.error.hidden = true;
    const period = {
      from: this.from.value && new Date(`${this.from.value}T00:00:00`).toISOString(),
      to: this.to.value && new Date(new Date(`${this.to.value}T00:00:00`).getTime() + DAY_MS).toISOString(),
    };
    const of = JSON.stringify([format, period]);
    const { after, number } = this.#part?.of === of ? this.#part : { after: 0, number: 1 };
    const { statement } = await this.till.api.statement({ format: 'json', after, ...period });
    const last = statement.next_after === null;
    const part = last && number === 1 ? '' : `-part-${number}`;
    const name = `statement-${this.till.account}${part}.${format}`;
    if (format === 'csv') save(await this.till.api.statement({ format, after, ...period }), name);
    else save(new Blob([JSON.stringify(statement, null, 2)], { type: 'application/json' }), name);
    this.#part = last ? null : { of, after: statement.next_after, number: number + 1 };
    this.note.hidden = last;
    this.note.textContent = `That is part ${number}: a file holds ${grouped(statement.lines.length)} lines. Press again for part ${number + 1}, or choose a shorter period.`;
  }
}
