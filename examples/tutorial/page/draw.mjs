// Draws the pictures of picture.mjs: the pages of a memory, the views on it, and some of its bytes.

import { sides } from '../lesson.mjs';
import { make } from './dom.mjs';

/** What the colours mean, by the names that style.css has for them. */
const meanings = Object.fromEntries([
  ...Object.entries(sides).map(([by, side]) => [by, `written by ${side}`]),
  ...Object.entries(sides).map(([by, side]) => [`block-${by}`, `block of ${side}`]),
  ['block-both', 'blocks of both'],
  ['stack', 'stack of C++'], ['metadata', 'allot’s records'], ['free', 'free in the heap'], ['empty', 'empty'],
]);
const colourOf = ({ kind, by }) => (kind === 'live' ? `block-${by}` : kind === 'written' ? by : kind);

const changed = ({ isChanged }) => (isChanged ? 'changed' : '');

function stripOf({ pages, cells }) {
  const squares = cells.map((cell) => make('i', { className: changed(cell), data: { kind: colourOf(cell) } }));
  const strip = make('div', { className: 'strip', ariaHidden: 'true' }); // the legend says it in words
  for (let page = 0; page < pages; page++) {
    const square = make('div', { className: 'cells' }, ...squares.slice(page * 64, page * 64 + 64));
    strip.append(make('div', { className: 'page' }, square, make('small', {}, `page ${page}`)));
  }
  return strip;
}

function viewOf({ name, type, pages: covered, isStale }, pages) {
  const meter = make('span', { className: 'meter' }, make('span'));
  meter.firstChild.style.inlineSize = `${(covered / pages) * 100}%`;
  const told = ` ${type}, covers ${covered} of ${pages} pages${isStale ? ': stale' : ''}`;
  return make('li', { className: isStale ? 'stale' : '', data: { view: name } }, meter, make('b', {}, name), told);
}

function byteOf(byte) {
  const { address, value, by } = byte;
  const title = `byte ${address}: ${value}${by ? `, last written by ${sides[by]}` : ''}`;
  const cell = make('td', { title, className: changed(byte), data: { address, by: by ?? '' } }, `${value}`);
  if (by) cell.append(make('small', {}, by === 'cpp' ? 'C++' : by.toUpperCase()));
  return cell;
}

function bytesOf({ name, window }) {
  const rows = [];
  for (let i = 0; i < window.length; i += 8) {
    const head = make('th', { scope: 'row' }, `${window[i].address}`);
    rows.push(make('tr', {}, head, ...window.slice(i, i + 8).map(byteOf)));
  }
  const told = `Bytes ${window[0].address} to ${window.at(-1).address} of `;
  const caption = make('caption', {}, told, make('code', {}, name));
  return make('table', {}, caption, make('tbody', {}, ...rows));
}

/** What belongs to one memory. */
export function draw(picture) {
  const { name, byteLength, pages, views } = picture;
  const size = `${pages} pages = ${byteLength.toLocaleString('en')} bytes`;
  const drawn = make('div', { className: 'picture', data: { name } });
  drawn.style.setProperty('--pages', pages);
  if (pages) drawn.append(make('h3', {}, name, ' ', make('small', {}, size)), stripOf(picture));
  if (views?.length > 0) drawn.append(make('ul', { className: 'views' }, ...views.map((view) => viewOf(view, pages))));
  drawn.append(bytesOf(picture));
  return drawn;
}

/** What the colours in some pictures mean, and how many cells have them: those that occur. */
export function legend(pictures) {
  const cells = pictures.flatMap((picture) => (picture.cells ?? []).map(colourOf));
  const bytes = pictures.flatMap(({ window }) => window.map(({ by }) => by));
  return Object.entries(meanings).flatMap(([kind, meaning]) => {
    const count = cells.filter((each) => each === kind).length;
    if (count === 0 && !bytes.includes(kind)) return [];
    return [make('li', {}, make('i', { data: { kind } }), count > 0 ? `${meaning}: ${count} KiB` : meaning)];
  });
}
