// Drives a browser with puppeteer: opens a page for each file of tests and waits for what it tells the server.

import { existsSync } from 'node:fs';

import puppeteer from 'puppeteer-core';

const launchOptions = {
  chromium: {
    browser: 'chrome',
    programs: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    // A browser on a pipe ends with the process at its other end, however that ends.
    pipe: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  },
  firefox: {
    browser: 'firefox',
    programs: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    extraPrefsFirefox: {
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'app.normandy.enabled': false,
      'browser.safebrowsing.downloads.remote.enabled': false,
      'dom.max_script_run_time': 0,
      // The process of one page serves the next: to start one takes longer than most files do.
      'dom.ipc.processPrelaunch.enabled': false,
      'dom.ipc.keepProcessesAlive.web': 1,
      'dom.ipc.keepProcessesAlive.webIsolated.max': 2,
      'dom.ipc.keepProcessesAlive.webCOOP+COEP': 1,
    },
  },
};

/**
 * @typedef {{ version: string, open: (url: string, broken: (why: string) => void) => Promise<Page>,
 *   close: () => Promise<void> }} Browser
 * @typedef {{ close: () => Promise<void> }} Page
 */

/** @returns {Promise<Browser>} */
export async function openBrowser(name) {
  const { programs, ...options } = launchOptions[name];
  const executablePath = process.env[`ALLOT_${name.toUpperCase()}`] ?? programs.find(existsSync);
  if (executablePath === undefined) throw new Error(`${name} is not installed; looked for ${programs.join(', ')}`);
  const browser = await puppeteer.launch({
    headless: true, executablePath, protocolTimeout: 60_000,
    // Firefox would spend more time on telling of each of a page's 150 requests than on answering them.
    networkEnabled: false,
    ...options,
  });
  const [, product, version] = /^(?:Headless)?([a-z]+)\/(.*)$/i.exec(await browser.version());
  return {
    version: `${/chrome/i.test(product) ? 'Chromium' : 'Firefox'} ${version}`,
    async open(url, broken) {
      browser.once('disconnected', () => broken('the browser broke down'));
      const page = await browser.newPage();
      page.on('error', (error) => broken(`the page broke down: ${error.message}`));
      await page.goto(url);
      return { close: () => page.close() };
    },
    async close() {
      const child = browser.process();
      await Promise.race([browser.close(), new Promise((resolve) => setTimeout(resolve, 5000))]).catch(() => undefined);
      child?.kill('SIGKILL');
    },
  };
}
