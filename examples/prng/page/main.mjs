// The library in a page: makes generators, lets them go, and shows what the memory does.

import { free, largestBytes, memory, on, total, trim, used, usedRun } from 'allot/compat/lewd';
import { MyPRNG } from '/my-prng.mjs';

const at = Object.fromEntries([...document.querySelectorAll('[id]')].map((element) => [element.id, element]));
const figures = { total, used, usedRun, free, largestBytes };

const prng = new MyPRNG(42);
let many = [];

const make = (name, text) => Object.assign(document.createElement(name), { textContent: text });

function show() {
  const rows = Object.entries(figures).map(([name, figure]) => {
    const row = document.createElement('tr');
    const value = Object.assign(make('td', figure().toLocaleString('en')), { id: `figure-${name}` });
    value.dataset.value = figure();
    row.append(make('th', name), value);
    return row;
  });
  at.figures.replaceChildren(...rows);
}

for (const type of ['grow', 'trim', 'resize']) {
  on(type, document, ({ info }) => {
    at.log.prepend(make('li', `${type}: ${info.oldSize / 65536} → ${info.newSize / 65536} pages`));
    // The newest are enough.
    while (at.log.children.length > 8) at.log.lastChild.remove();
  });
}

const numbers = () => Array.from({ length: 3 }, prng.rand).join(', ');

const actions = {
  make() {
    for (let i = 0; i < 10_000; i++) many.push(new MyPRNG(many.length));
  },
  drop() {
    many = [];
  },
  fill() {
    const pixels = new Int32Array(65536);
    prng.fill(pixels);
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer), 256, 256);
    for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255; // not transparent
    at.canvas.getContext('2d').putImageData(image, 0, 0);
  },
  trim,
};

for (const [name, action] of Object.entries(actions)) {
  at[name].onclick = () => {
    action();
    at.numbers.textContent = numbers();
    show();
  };
}

at.numbers.textContent = numbers();
show();
// What the browser collects, it does not tell; so look now and then.
setInterval(show, 500);
document.body.dataset.ready = String(memory instanceof WebAssembly.Memory);
