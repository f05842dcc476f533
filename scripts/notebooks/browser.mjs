// Opens notebooks in JupyterLab in a browser, as a reader would: runs all cells, and fails where a cell fails, a
// figure has no size, a slider does not move its picture, Run All waits for one, Tab shows nothing, or a request
// leaves this machine.
//
//   node browser.mjs FOLDER NOTEBOOK...
//
// FOLDER gets copies of the notebooks, which are what is opened, and screenshots. CHROMIUM names the browser; the
// system's chromium otherwise.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const [folder, ...notebooks] = process.argv.slice(2).map(arg => path.resolve(arg));
const LIMIT = 5 * 60_000; // for all cells of a notebook
const token = "browser-test";

const browserPath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(file => file && fs.existsSync(file));
if (!browserPath) {
  console.error("browser: no Chromium; Debian or Ubuntu: sudo apt-get install -y chromium, or set CHROMIUM");
  process.exit(2);
}

const freePort = () => new Promise((done, fail) => {
  const server = net.createServer().on("error", fail).listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

async function until(what, test, limit = 60_000) {
  for (const end = Date.now() + limit; Date.now() < end; await new Promise(go => setTimeout(go, 250))) {
    const found = await test();
    if (found) return found;
  }
  throw new Error(`waited ${limit / 1000} s in vain for ${what}`);
}

fs.mkdirSync(folder, { recursive: true });
fs.rmSync(path.join(folder, "cache"), { recursive: true, force: true }); // what an earlier run trained would not be trained again
const port = await freePort();
const server = spawn(path.join(root, ".venv/bin/jupyter"), ["lab", "--no-browser", "--allow-root", `--port=${port}`, "--ServerApp.ip=127.0.0.1",
  `--IdentityProvider.token=${token}`, `--ServerApp.root_dir=${folder}`,
  "--FileContentsManager.pre_save_hook=form.before_save"], // as `make lab`
  { stdio: ["ignore", fs.openSync(path.join(folder, "server.log"), "w"), "inherit"].map((s, i) => i === 2 ? fs.openSync(path.join(folder, "server.err"), "w") : s),
    env: { ...process.env, PYTHONPATH: path.join(root, "scripts/notebooks"), SCORELAB_CACHE: path.join(folder, "cache"),
      SCORELAB_HEADLESS: "" } });
const address = `http://127.0.0.1:${port}`;
const browser = await chromium.launch({ executablePath: browserPath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
let failed = false;
try {
  await until("JupyterLab", () => fetch(`${address}/api?token=${token}`).then(answer => answer.ok, () => false));
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  const away = new Set();
  page.on("request", request => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(http|ws)s?:$/.test(protocol) && hostname !== "127.0.0.1") away.add(request.url());
  });
  for (const notebook of notebooks) {
    const name = path.basename(notebook);
    fs.copyFileSync(notebook, path.join(folder, name));
    try {
      await read(page, name);
      console.log(`${name}: all cells run, figures stand, its slider moves`);
    } catch (error) {
      failed = true;
      await page.screenshot({ path: path.join(folder, `${name}.failed.png`) });
      console.error(`browser: ${name}: ${error.message}`);
    }
  }
  if (away.size) {
    failed = true;
    console.error(`browser: requests left this machine: ${[...away].slice(0, 5).join(", ")}`);
  }
} finally {
  await browser.close();
  await fetch(`${address}/api/shutdown?token=${token}`, { method: "POST" }).catch(() => server.kill()); // with its kernels
  await until("JupyterLab's end", () => server.exitCode !== null || server.signalCode !== null, 15_000).catch(() => server.kill("SIGKILL"));
}
process.exit(failed ? 1 : 0);

async function read(page, name) {
  const sessions = () => fetch(`${address}/api/sessions?token=${token}`).then(answer => answer.json());
  const kernel = async () => (await sessions()).find(session => session.path === name)?.kernel;
  const idle = async () => {
    const k = await kernel();
    return k && k.connections > 0 && k.execution_state === "idle";
  };
  await page.goto(`${address}/lab/tree/${name}?reset&token=${token}`);
  await until("the kernel", idle);
  await page.waitForTimeout(500); // a run before that is dropped in silence
  await page.evaluate(() => { // no cell may look done because its outputs are stored
    for (const prompt of document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")) prompt.textContent = "[ ]:";
  });
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click();
  await page.waitForTimeout(1000);
  let curve = !fs.readFileSync(path.join(folder, name), "utf8").includes("nb.Train("); // none is expected
  await until("all cells", async () => {
    await page.evaluate(() => { // Lab takes cells out of sight from the page: look at the one that runs
      const running = [...document.querySelectorAll(".jp-CodeCell")].find(cell => /^\[\*\]/.test(cell.querySelector(".jp-InputPrompt").textContent.trim()));
      (running?.querySelector(".jp-OutputArea-output:last-child") ?? running)?.scrollIntoView({ block: "center" });
    });
    curve ||= await seeCurve(page, name);
    return await idle() && await page.evaluate(() => [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].every(p => /^\[\d+\]:$/.test(p.textContent.trim())));
  }, LIMIT);
  const errors = await page.evaluate(() => [...document.querySelectorAll('[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]')].map(e => e.textContent.slice(0, 300)));
  if (errors.length) throw new Error(`a cell fails: ${errors[0]}`);

  // Lab draws what is in view: walk down the notebook.
  const cells = page.locator(".jp-CodeCell");
  let figures = 0, moved = await moveLive(page, name, idle);
  await complete(page);
  for (let i = 0; i < await cells.count(); i++) {
    const cell = cells.nth(i);
    await cell.scrollIntoViewIfNeeded();
    for (const image of await cell.locator(".jp-OutputArea img:visible").all()) {
      const size = await image.evaluate(async e => (await e.decode(), [e.naturalWidth, e.clientWidth, e.clientHeight]));
      if (size.some(n => n < 50)) throw new Error(`a figure of cell ${i} is ${size} pixels large`);
      figures++;
    }
    const slider = cell.locator('.jp-OutputArea input[type="range"]:not([id])').first(); // those of the kernel have one
    if (await slider.count()) {
      const picture = () => cell.locator(".jp-OutputArea img:visible").first().getAttribute("src");
      const before = await picture();
      await slider.focus();
      for (let k = 0; k < 3; k++) await slider.press("ArrowRight");
      await until("the slider's picture", async () => await picture() !== before, 10_000);
      moved++;
      await cell.screenshot({ path: path.join(folder, `${name}.slider.png`) });
    }
  }
  if (!figures) throw new Error("it shows no figure");
  if (!curve) throw new Error("no curve is to be seen while it trains");
  if (!moved) throw new Error("it has no slider");
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

// complete writes the beginning of a name of the library into a new cell, and fails where Tab does not offer the rest.
// The cell is taken away again.
async function complete(page) {
  const last = page.locator(".jp-CodeCell").last();
  await last.scrollIntoViewIfNeeded();
  await last.locator(".jp-InputArea-editor").click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.type("%%\nnb.Weigh");
  await page.keyboard.press("Tab");
  const cell = page.locator(".jp-CodeCell.jp-mod-active");
  const offered = page.locator(".jp-Completer-item");
  await until("what Tab offers", async () => /nb\.Weights/.test(await cell.innerText()) || await offered.count() > 0);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.type("dd");
}

// seeCurve reports whether the curve of a training is there to be seen, and keeps a picture of it.
async function seeCurve(page, name) {
  const output = page.locator(".jp-OutputArea-output", { has: page.locator("progress") }).first();
  try {
    if (!await output.count()) return false;
    const seen = await output.locator("img").evaluate(e => e.naturalWidth > 100 && e.clientHeight > 50, null, { timeout: 1000 });
    if (seen) await page.screenshot({ path: path.join(folder, `${name}.training.png`) }); // the cell that runs is in its middle
    return seen;
  } catch {
    return false;
  }
}

// moveLive runs each cell with a live slider by itself, moves the slider until the kernel draws another picture, and
// runs another cell, for which the slider must make room at once. Run All must not have waited for it. It returns how
// many sliders it moved.
async function moveLive(page, name, idle) {
  let moved = 0;
  const cells = page.locator(".jp-CodeCell");
  for (let i = 0; i < await cells.count(); i++) {
    const cell = cells.nth(i);
    await cell.scrollIntoViewIfNeeded();
    if (!/nb\.Live\(/.test(await cell.locator(".jp-InputArea-editor").innerText())) continue;
    const text = () => cell.locator(".jp-OutputArea").innerText();
    if (!/other cells are to run|no page shows/.test(await text())) {
      throw new Error(`Run All waited for the slider of cell ${i}: ${await text()}`);
    }
    await cell.locator(".jp-InputArea-editor").click();
    await page.keyboard.press("Control+Enter");
    const slider = cell.locator('.jp-OutputArea input[type="range"][id^="gonb_slider"]').first();
    const image = cell.locator(".jp-OutputArea img").first();
    const picture = () => image.getAttribute("src", { timeout: 1000 }).catch(() => null);
    const running = async () => /^\[\*\]/.test((await cell.locator(".jp-InputPrompt").first().innerText()).trim());
    await until("the live slider", async () => await running() && await slider.count() && await picture());
    await page.waitForTimeout(2000); // its script binds it, and it stays although nobody moves it
    const before = await picture();
    await slider.fill("90");
    await until("the live slider's picture", async () => await picture() !== before);
    await cell.screenshot({ path: path.join(folder, `${name}.live.png`) });
    const began = Date.now();
    await cells.first().scrollIntoViewIfNeeded();
    await cells.first().locator(".jp-InputArea-editor").click();
    await page.keyboard.press("Control+Enter");
    await until("the cell after a live slider", idle, 20_000); // well below the slider's patience
    const took = (Date.now() - began) / 1000;
    console.log(`${name}: with a slider alive, another cell was done after ${took.toFixed(1)} s`);
    moved++;
  }
  return moved;
}
