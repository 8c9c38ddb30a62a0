// Making elements, and code with some colour in it.

/** An element with properties, data attributes and children. */
export function make(tag, { data, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

const words = 'const|let|await|async|new|export|function|return|for|extern|static|volatile|int|char|void|unsigned|true';
const token = new RegExp(`(//.*)|('[^']*'|"[^"]*")|\\b(${words})\\b|\\b(\\d[\\d_]*)\\b`, 'g');

/** Code, with comments, strings, words of the language and numbers marked. */
export function code(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, index, ...groups } of text.matchAll(token)) {
    const className = ['comment', 'string', 'word', 'number'].find((_, i) => groups[i + 1] !== undefined);
    parts.push(text.slice(end, index), make('span', { className }, found));
    end = index + found.length;
  }
  return make('code', {}, ...parts, text.slice(end));
}
