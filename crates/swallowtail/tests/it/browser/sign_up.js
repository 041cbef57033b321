// Signs up in a real Chromium, once in a window as wide as a computer's and once as wide as a
// phone's. Checks the error messages and the links to the instructions. browser.rs starts the
// servers and passes their addresses as JSON: { open, closed, code, pictures, profile }.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const { open, closed, code, pictures, profile } = JSON.parse(process.argv[2]);
const WIDTHS = [1280, 390];
const PASSWORD = "s3cr,t &%";
// Finds a field by its label, as a person does.
const labels = {
  code: "Invite code",
  address: "Address",
  name: "Display name (optional)",
  password: "Password",
  again: "Confirm password",
};

const browser = await chromium.launchPersistentContext(profile, {
  executablePath: "/usr/bin/chromium",
  headless: true,
  // The pages must work without JavaScript.
  javaScriptEnabled: false,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
browser.setDefaultTimeout(20_000);

try {
  const page = browser.pages()[0] ?? (await browser.newPage());
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    await visit(page, width);
  }
  // Chromium reports a refused form as a failed load, which is expected here.
  assert.deepEqual(faults.filter((text) => !/status of 4(03|04|22)/.test(text)), []);
} finally {
  await browser.close();
}

async function visit(page, width) {
  await page.goto(`${open}/`);
  await says(page, "The service is up");
  await picture(page, "home", width);

  await page.click("#menu >> text=Sign up");
  await picture(page, "form", width);

  await fill(page, { code: "K7QM-20WP-9D41-HR3V", address: "someone@example.com", name: 'Some "One" <b>', again: "other" });
  await says(page, "This invite code isn't valid");
  await says(page, "The passwords don't match");
  await hasValues(page, { address: "someone@example.com", name: 'Some "One" <b>', password: "", again: "" });
  await picture(page, "wrong-code", width);

  await fill(page, { code, address: "taken@example.com" });
  await says(page, "This address is already taken");
  assert.ok(!(await page.textContent("body")).includes("This invite code isn't valid"));
  await picture(page, "taken", width);

  const address = `width${width}@example.com`;
  await fill(page, { address, name: `Width ${width}` });
  await says(page, "Your account has been created");
  await says(page, address);
  await picture(page, "done", width);

  await page.click("#main a[href='/setup']");
  await picture(page, "setup", width);
  await page.click("text=Windows 7, 10 or 11");
  await says(page, "MSN Messenger 7.5");
  await picture(page, "setup-windows", width);
  await page.click("#main a[href='/setup/7.5']");
  await says(page, "swallowtail.reg");
  await picture(page, "setup-7.5", width);
  await page.click("text=undo everything");
  await says(page, "To undo everything");
  await picture(page, "undo-7.5", width);
  for (const client of ["7.5-xp", "pidgin", "amsn", "gtmess", "msnp11-sdk"]) {
    await page.goto(`${open}/setup/${client}`);
    await picture(page, `setup-${client}`, width);
  }
  await page.goto(`${open}/nothing`);
  await says(page, "Page not found");
  await picture(page, "not-found", width);

  await page.goto(`${closed}/signup`);
  await says(page, "Sign-up is closed");
  await picture(page, "closed", width);
}

/** Fills in these fields and sends the form. Both passwords are PASSWORD unless `fields` has others. */
async function fill(page, fields) {
  for (const [name, value] of Object.entries({ password: PASSWORD, again: PASSWORD, ...fields })) {
    await page.getByLabel(labels[name], { exact: true }).fill(value);
  }
  await page.click("text=Create account");
}

async function hasValues(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    assert.equal(await page.inputValue(`input[name=${name}]`), value, name);
  }
}

async function says(page, text) {
  const found = page.getByText(text).first();
  assert.ok(await found.isVisible(), `${text}: not in ${await page.textContent("body")}`);
}

/** Takes a screenshot of the whole page, which must not be wider than the window. */
async function picture(page, name, width) {
  await page.screenshot({ path: `${pictures}/${name}-${width}.png`, fullPage: true });
  const wide = await page.locator("html").evaluate((html) => html.scrollWidth);
  assert.ok(wide <= width, `${name} is ${wide} pixels wide in a window of ${width}`);
}
