// What a person sees: text wrapped to the terminal, colour and moving progress on a terminal only.

import { wrap } from './format.mjs';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };

export class Terminal {
  /** `width` in characters; default: the terminal's, within reason, or 80 where there is none. */
  constructor(stream, { width, colour } = {}) {
    this.stream = stream;
    this.isTerminal = Boolean(stream.isTTY);
    this.width = width ?? Math.min(Math.max((stream.columns ?? 81) - 1, 60), 100);
    this.hasColour = colour ?? (this.isTerminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb');
  }

  paint(style, text) {
    return this.hasColour ? `\x1b[${codes[style]}m${text}\x1b[0m` : text;
  }

  line(text = '') {
    this.clearProgress();
    this.stream.write(`${text}\n`);
  }

  heading(text) {
    this.line();
    this.say(text, { indent: 0, style: 'bold' });
  }

  /** A paragraph, wrapped. */
  say(text, { indent = 2, style } = {}) {
    for (const line of wrap(text, this.width - indent)) {
      this.line(' '.repeat(indent) + (style ? this.paint(style, line) : line));
    }
  }

  /** Says what is going on: on a terminal in a line that is replaced, else not at all. */
  progress(text) {
    if (!this.isTerminal) return;
    this.stream.write(`\r\x1b[K  ${text.slice(0, this.width - 3)}`);
    this.inProgress = true;
  }

  clearProgress() {
    if (this.inProgress) this.stream.write('\r\x1b[K');
    this.inProgress = false;
  }

  /**
   * A long step. On a terminal its line counts the seconds, as long as it lets the event loop run, and
   * changes with what the work says it is doing; elsewhere it is announced in one line.
   */
  async during(text, work) {
    const start = performance.now();
    let doing = text;
    const show = () => {
      const seconds = Math.floor((performance.now() - start) / 1000);
      this.progress(`${doing} … ${seconds > 0 ? `${seconds} s` : ''}`);
    };
    if (!this.isTerminal) this.line(`  ${text} …`);
    show();
    const timer = setInterval(show, 1000);
    try {
      return await work((what) => {
        doing = what;
        show();
      });
    } finally {
      clearInterval(timer);
      this.clearProgress();
    }
  }
}
