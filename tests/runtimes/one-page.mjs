// A page of an example, opened in a browser and played with. Puppeteer wants Node 24.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

const programs = {
  chrome: process.env.ALLOT_CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.ALLOT_FIREFOX ?? ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync),
};
const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
  '--disable-background-networking',
];
const preferences = { 'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false };

export const browsers = Object.keys(programs);

/**
 * Calls visit(page) with a new page of a browser, and asserts that nothing was complained of in it. `args` are
 * Chromium's, `preferences` Firefox's, besides those that every test has.
 */
export async function inBrowser(name, more, visit) {
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await puppeteer.launch({
    browser: name, executablePath: programs[name], headless: true, protocolTimeout: 60_000,
    ...(name === 'chrome' ? { args: [...args, ...(more.args ?? [])] } : {}),
    ...(name === 'firefox' ? { extraPrefsFirefox: { ...preferences, ...more.preferences } } : {}),
  });
  try {
    const page = await browser.newPage();
    const complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await visit(page);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
}

/**
 * Waits until a function gives true in the page. (Puppeteer's own waitForFunction makes a function of a text, which the
 * page's rules forbid, and which Firefox 140 then does not do.)
 */
export async function until(page, holds, ...args) {
  const end = performance.now() + 30_000;
  while (!(await page.evaluate(holds, ...args))) {
    assert.ok(performance.now() < end, `within 30 s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Makes the window so large. Firefox 140 does, but does not know what puppeteer says of the screen besides. */
export async function resize(page, width, height) {
  await page.setViewport({ width, height }).catch((error) => {
    if (!/unknown command/.test(error.message)) throw error;
  });
  await until(page, (wanted) => innerWidth === wanted, width);
}

/** A window as narrow as a phone's shows everything. */
export async function assertFitsAPhone(page) {
  await resize(page, 360, 700);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
}
