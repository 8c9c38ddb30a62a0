// The lesson as a page: goes through the steps, runs their lines, and shows what each did.

import { Heap } from '/allot/index.js';
import { Lesson, sides, steps } from '../lesson.mjs';
import { code, make } from './dom.mjs';
import { draw, legend } from './draw.mjs';
import { playground } from './play.mjs';

const at = Object.fromEntries([...document.querySelectorAll('[id]')].map((element) => [element.id, element]));

let modules;
let lesson;
let step = 0; // which one is shown
let ran = 0; // how many of its lines have run

function describe(changes, by) {
  const texts = changes.flatMap(({ name, addresses, grown }) => {
    const count = addresses.length;
    const bytes = count <= 4 ? `byte${count > 1 ? 's' : ''} ${addresses.join(', ')}` : `${count} bytes`;
    const growth = `${name} has grown by ${grown} page${grown > 1 ? 's' : ''}`;
    return [grown > 0 && growth, count > 0 && `${sides[by]} changed ${bytes} of ${name}`].filter(Boolean);
  });
  return texts.length > 0 ? `${texts.join('. ')}.` : 'No byte was changed.';
}

function drawMemory() {
  const pictures = lesson.pictures(steps[step]);
  at.pictures.replaceChildren(...pictures.map(draw));
  at.legend.replaceChildren(...legend(pictures));
}

/** Runs a line and shows what it did to the memory. */
async function run(line) {
  const result = await lesson.run(line);
  drawMemory();
  at.status.textContent = describe(result.changes, line.by);
  return result;
}

function button() {
  const { lines } = steps[step];
  const isLast = ran === lines.length && step === steps.length - 1;
  const next = isLast ? 'Start again' : `On to step ${step + 2}`;
  at.next.textContent = ran < lines.length ? `Run line ${ran + 1}` : next;
  at.back.disabled = step === 0 && ran === 0;
}

function showStep() {
  const { title, text, lines, figure, guest } = steps[step];
  at.number.textContent = `Step ${step + 1} of ${steps.length}`;
  at.title.textContent = title;
  at.text.replaceChildren(...text.map((paragraph) => make('p', {}, paragraph)));
  at.figure.replaceChildren(...(figure ? [document.getElementById('places').content.cloneNode(true)] : []));
  const items = lines.map(({ by, code: text }) => make('li', { data: { by } }, make('b', {}, sides[by]), code(text)));
  at.lines.replaceChildren(...items);
  at.play.replaceChildren(...(lines.length === 0 ? playground(lesson, run) : []));
  at.source.hidden = !guest;
  at.source.open = false;
  if (guest) at.source.firstElementChild.textContent = `The guest: ${guest}`;
  [...at.steps.children].forEach((item, index) => {
    item.firstChild.className = index < step ? 'done' : '';
    item.firstChild.ariaCurrent = index === step ? 'step' : null;
  });
  at.status.textContent = lines.length > 0 ? 'Nothing has run in this step yet.' : 'What changes shows up here.';
  lesson.watch.settle();
  drawMemory();
  button();
}

/** Runs the next line of the step that is shown. */
async function runLine() {
  const line = steps[step].lines[ran];
  const { text, isError } = await run(line);
  const item = at.lines.children[ran++];
  if (text) item.append(make('output', { className: isError ? 'failed' : '' }, text));
  item.append(make('p', {}, line.say));
  item.className = 'ran';
  button();
  (at.lines.children[ran] ?? item).scrollIntoView({ block: 'nearest' });
}

/** To the beginning of a step, as the memory is now. */
function enter(index) {
  [step, ran] = [index, 0];
  showStep();
}

/** Begins anew and runs everything up to a step, so that the memory is as it is then. */
async function goTo(index) {
  lesson = new Lesson({ Heap, modules });
  for (const line of steps.slice(0, index).flatMap(({ lines }) => lines)) await lesson.run(line);
  enter(index);
}

async function forward() {
  if (ran < steps[step].lines.length) return runLine();
  if (step === steps.length - 1) await goTo(0);
  else enter(step + 1);
  arrive();
}

async function backward() {
  if (ran > 0) await goTo(step);
  else if (step > 0) await goTo(step - 1);
  arrive();
}

/** After a change of step: to its beginning, also for those who listen to the page. */
function arrive() {
  history.replaceState(null, '', `#${step + 1}`);
  at.title.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

let work = Promise.resolve();
/** One thing after the other, however fast somebody clicks. */
function queue(next) {
  work = work.then(next).catch(failed);
}

function failed(error) {
  at.status.className = 'failed';
  at.status.textContent = `The lesson cannot go on: ${error.message}`;
  console.error(error);
}

async function start() {
  if (!globalThis.crossOriginIsolated) throw new Error('it needs shared memory; please open it through serve.mjs');
  const compile = async (name) => [name, await WebAssembly.compileStreaming(fetch(`/modules/${name}.wasm`))];
  modules = Object.fromEntries(await Promise.all(['chapter', 'shared', 'cpp'].map(compile)));
  const links = steps.map(({ title }, index) => {
    const open = () => queue(async () => (await goTo(index), arrive()));
    const name = make('span', {}, ` ${title}`);
    return make('li', {}, make('button', { type: 'button', onclick: open, title }, `${index + 1}`, name));
  });
  at.steps.replaceChildren(...links);
  at.next.onclick = () => queue(forward);
  at.back.onclick = () => queue(backward);
  at.source.ontoggle = async () => {
    if (!at.source.open) return;
    const text = await (await fetch(`/guests/${steps[step].guest}`)).text();
    at.source.lastElementChild.replaceChildren(code(text));
  };
  document.onkeydown = (event) => {
    const action = { ArrowRight: forward, ArrowLeft: backward }[event.key];
    const isOurs = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest('input, pre'));
    const isOver = action === forward && steps[step].lines.length === 0; // the end: do not start again by mistake
    if (!action || !isOurs || isOver) return;
    event.preventDefault();
    queue(action);
  };
  const wanted = Number(location.hash.slice(1));
  await goTo(steps[wanted - 1] ? wanted - 1 : 0);
  at.next.disabled = false;
}

queue(start);
