// Drives WebKitGTK's MiniBrowser by WebDriver, on a display of its own that nobody sees.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function findMiniBrowser() {
  const folders = ['/usr/lib', '/usr/libexec'].filter(existsSync);
  const inside = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const candidates = [...folders, ...inside].flatMap((folder) =>
    ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0'].map((name) => join(folder, name, 'MiniBrowser')),
  );
  return candidates.find(existsSync);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The display that the X server chose; it writes the number to the descriptor that it is told. */
function startDisplay() {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '800x600x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.on('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    server.stdio[3].once('data', (number) => resolve({ server, display: `:${String(number).trim()}` }));
  });
}

async function ask(port, method, path, body) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
  return value;
}

async function untilReady(port) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      return await ask(port, 'GET', '/status');
    } catch {
      await later(100);
    }
  }
  throw new Error('WebKitWebDriver does not answer');
}

const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** As openBrowser of browser.mjs. */
export async function openWebKit() {
  const binary = findMiniBrowser();
  if (binary === undefined) throw new Error('WebKitGTK’s MiniBrowser is not installed');
  const { server, display } = await startDisplay();
  const home = mkdtempSync(join(tmpdir(), 'allot-webkit-'));
  const port = await freePort();
  // A group of its own, so that the browser and its processes end with the driver.
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
    detached: true,
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: display,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      GDK_BACKEND: 'x11',
      WAYLAND_DISPLAY: '',
      LIBGL_ALWAYS_SOFTWARE: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      // Off in WebKitGTK, on in Safari where a page is isolated.
      JSC_useSharedArrayBuffer: '1',
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    },
  });
  const kill = () => {
    for (const end of [() => process.kill(-driver.pid, 'SIGKILL'), () => server.kill('SIGKILL')]) {
      try {
        end();
      } catch {
        // It has ended by itself.
      }
    }
    rmSync(home, { recursive: true, force: true });
  };
  process.once('exit', kill);
  const end = () => {
    process.removeListener('exit', kill);
    kill();
  };

  try {
    await new Promise((resolve, reject) => driver.on('error', reject).on('spawn', resolve));
    await untilReady(port);
    const { sessionId, capabilities } = await ask(port, 'POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } } },
    });
    const session = `/session/${sessionId}`;
    return {
      version: `WebKitGTK ${capabilities.browserVersion}`,
      async open(url) {
        await ask(port, 'POST', `${session}/url`, { url });
        return { close: () => ask(port, 'POST', `${session}/url`, { url: 'about:blank' }) };
      },
      async close() {
        await Promise.race([ask(port, 'DELETE', session), later(2000)]).catch(() => undefined);
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}
