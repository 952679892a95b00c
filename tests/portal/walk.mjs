// Walks the whole story in the portal of a running authority, as the people who would: a citizen who is not signed
// in, the applicant, the secretariat with stewards, board members, chair and IRB, the programme officer, the auditor.
// Asserts what they see, that axe finds no serious fault, that nothing scrolls sideways at 1280 and 390 px, in both languages;
// keeps a screenshot of every page.
//   node tests/portal/walk.mjs URL ACCOUNTS.json OUTDIR
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, deposit } from './walk_builder.mjs';

const web = join(dirname(fileURLToPath(import.meta.url)), '../../web');
const require = createRequire(join(web, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [url, accountsFile, out] = process.argv.slice(2);
if (!url || !accountsFile || !out) {
  console.error('usage: walk.mjs URL ACCOUNTS.json OUTDIR');
  process.exit(2);
}
const base = url.replace(/\/+$/, '');
const accounts = JSON.parse(readFileSync(accountsFile, 'utf8'));
mkdirSync(out, { recursive: true });

let passed = 0;
const failures = [];
function check(holds, what) {
  if (holds) passed += 1;
  else failures.push(what);
  console.log(`${holds ? '  ok  ' : 'FAILED'} ${what}`);
  return Boolean(holds);
}
const withRole = (role, also = () => true) => accounts.filter((a) => a.roles.includes(role) && also(a));

const browser = await chromium.launch({
  executablePath: process.env.NARU_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--disable-quic',
  ],
});

/** One person at one browser. */
class Visitor {
  static async come(account, language = 'ko') {
    const visitor = new Visitor();
    visitor.account = account;
    visitor.name = account?.account ?? 'citizen';
    visitor.context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', acceptDownloads: true });
    await visitor.context.addInitScript((l) => localStorage.getItem('naru.language') ?? localStorage.setItem('naru.language', l), language);
    visitor.page = await visitor.context.newPage();
    visitor.page.setDefaultTimeout(60_000);
    visitor.page.on('pageerror', (error) => check(false, `${visitor.name}: no script error (${error.message})`));
    visitor.page.on('console', (message) => {
      // A refused request is part of the story; anything else on the console is a defect.
      if (message.type() === 'error' && !message.text().includes('Failed to load resource')) check(false, `${visitor.name}: console is quiet (${message.text().slice(0, 200)})`);
    });
    if (account) await visitor.signIn();
    return visitor;
  }
  async go(path) {
    await this.page.goto(base + path);
    await this.settled();
  }
  async settled() {
    await this.page.waitForLoadState('networkidle');
    await this.page.waitForFunction(() => !document.querySelector('.mantine-Loader-root'));
  }
  async signIn() {
    await this.go('/sign-in');
    await this.page.fill('input[name=account]', this.account.account);
    await this.page.fill('input[name=password]', this.account.password);
    await this.page.click('button[type=submit]');
    await this.page.waitForURL(`${base}/`);
    await this.settled();
    await this.sees('[data-testid=who]', 'that signing in worked');
  }
  text(selector = 'main') {
    return this.page.locator(selector).first().innerText();
  }
  async sees(selector, what) {
    const there = await this.page.locator(selector).first().waitFor({ state: 'visible' }).then(() => true, () => false);
    return check(there, `${this.name} sees ${what}`);
  }
  /** The page is fit to be shown: no serious fault, no sideways scroll; a picture is kept. */
  async look(name) {
    await this.settled();
    await this.page.evaluate(() => scrollTo(0, 0));
    await this.page.waitForTimeout(200);
    const over = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(over <= 0, `${name}: no horizontal scroll at 1280 px${over > 0 ? ` (${over} px too wide)` : ''}`);
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => window.axe.run());
    const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
    check(serious.length === 0, `${name}: axe finds no serious fault${serious.map((v) => ` [${v.id}: ${v.nodes[0]?.html.slice(0, 120)}]`).join('')}`);
    await this.page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
    // On a phone: nothing wider than the screen but what scrolls in itself.
    await this.page.setViewportSize({ width: 390, height: 844 });
    await this.page.waitForTimeout(200);
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(wide <= 0, `${name}: no horizontal scroll at 390 px${wide > 0 ? ` (${wide} px too wide)` : ''}`);
    await this.page.screenshot({ path: join(out, `${name}-390.png`), fullPage: true });
    await this.page.setViewportSize({ width: 1280, height: 900 });
    await this.page.waitForTimeout(100);
  }
  async leave() {
    await this.context.close();
  }
}

const hangul = /[\uac00-\ud7a3]/;

async function citizen() {
  console.log('a citizen, not signed in');
  const v = await Visitor.come(null);
  await v.go('/');
  check((await v.page.getAttribute('html', 'lang')) === 'ko', 'the page opens in Korean');
  check((await v.page.locator('[data-testid=journey] li').count()) === 6, 'the journey is told in six numbers');
  const numbers = (await v.text('[data-testid=journey]')).match(/^[\d,]+$/gm) ?? [];
  check(numbers.length === 6 && Number(numbers[0].replaceAll(',', '')) === 4, `the numbers are there, four holders first (${numbers.join(' ')})`);
  await v.look('ko-01-overview');
  // Keyboard: the first stop is the skip link, and it leads to the content.
  await v.page.keyboard.press('Tab');
  const first = await v.page.evaluate(() => document.activeElement?.getAttribute('href'));
  check(first === '#content', 'the first stop of the keyboard is the skip link');
  await v.page.getByText('English', { exact: true }).click();
  await v.page.waitForFunction(() => document.documentElement.lang === 'en');
  check(!hangul.test((await v.text('main')).replace('나루', '')), 'the overview in English has no Korean left');
  await v.look('en-01-overview');
  await v.page.getByText('한국어', { exact: true }).click();

  // Whoever the data is about reads who uses it, without an account, and finds no person named.
  await v.go('/uses');
  if (await v.sees('[data-testid=uses]', 'the register of approved uses')) {
    const told = await v.text('main');
    check(told.includes('철회') && told.includes('데이터 담당자'), 'how to leave is said on the same page');
    check(told.includes('취소됨') && /\d+번/.test(told), 'a revoked use stays in the register with its answers');
    const named = accounts.filter((a) => told.includes(a.account) && a.account !== a.organisation).map((a) => a.account);
    check(named.length === 0, `no account stands in the register (${named.join(' ')})`);
    await v.look('ko-00-uses');
  }
  const gone = await v.page.request.get(`${base}/api/v1/evidence/none`);
  check(gone.status() === 404 && !(await gone.text()).includes('sites/'), 'a report that is not there tells no path');

  await v.go('/sign-in');
  await v.page.fill('input[name=account]', 'nobody');
  await v.page.fill('input[name=password]', 'not the password');
  await v.page.click('button[type=submit]');
  await v.sees('[data-testid=error]', 'why signing in failed');
  await v.look('ko-02-sign-in-refused');
  await v.go('/applications');
  await v.sees('[data-testid=error] a[href^="/sign-in"]', 'that applications need signing in, with the way there');

  await v.go('/audit');
  const size = Number((await v.text('[data-testid=log-size]')).replaceAll(',', ''));
  check(size > 20, `the log is public and has ${size} entries`);
  for (const index of [0, Math.floor(size / 2), size - 1]) {
    await v.page.locator('#proof input').fill(String(index));
    await v.page.locator('#proof button[type=submit]').click();
    // The proof asked for before stands until the new one is there.
    const told = index.toLocaleString('ko-KR');
    await v.page
      .waitForFunction((text) => document.querySelector('[data-testid=proof]')?.textContent.includes(text), told, { timeout: 20_000 })
      .catch(() => {});
    await v.settled();
    const said = await v.text('[data-testid=proof]');
    check(said.includes('증명이 맞습니다') && said.includes(told), `the browser recomputes the proof of entry ${index}`);
  }
  await v.look('ko-03-audit-citizen');
  await v.leave();
}

async function evidence() {
  console.log('evidence, read by anybody');
  const v = await Visitor.come(null);
  await v.go('/evidence');
  if (!(await v.sees('[data-testid=evidence-list] a', 'a sealed report'))) return v.leave();
  await v.look('ko-10-evidence-list');
  await v.page.locator('[data-testid=evidence-list] a').first().click();
  await v.page.waitForSelector('[data-testid=headline]');
  await v.settled();
  check((await v.page.locator('[data-testid=sites] tbody tr').count()) === 5, 'three sites, their mean, and all persons together');
  check((await v.page.locator('[role=img] svg').count()) >= 4, 'forest, ROC, calibration and decision curve are drawn');
  await v.look('ko-11-evidence');
  const [download] = await Promise.all([v.page.waitForEvent('download'), v.page.locator('a[download$=".evidence.json"]').click()]);
  const file = join(out, 'downloaded.evidence.json');
  await download.saveAs(file);
  const sealed = JSON.parse(readFileSync(file, 'utf8'));
  check(sealed.body && sealed.signature, 'the sealed file can be taken home');
  await v.page.getByText('English', { exact: true }).click();
  await v.settled();
  await v.look('en-11-evidence');
  await v.leave();
}

async function catalogue(applicant) {
  const v = applicant;
  await v.go('/catalogue');
  const rows = v.page.locator('[data-testid=datasets] tbody tr');
  const all = await rows.count();
  check(all >= 5, `the catalogue has ${all} datasets`);
  await v.look('ko-04-catalogue');
  await v.page.getByText('연구개발 기탁', { exact: false }).first().click();
  await v.settled();
  await v.page.waitForFunction((n) => document.querySelectorAll('[data-testid=datasets] tbody tr').length < n, all);
  await v.settled();
  check((await rows.count()) >= 1, 'the kind filter leaves the deposits');
  await rows.first().locator('a').click();
  await v.settled();
  await v.sees('[data-testid=embargo]', 'that the deposit cannot be used before its embargo ends');
  await v.look('ko-05-deposit');
  await v.go('/catalogue/hospital-a');
  check((await v.text('main')).includes('재식별 위험'), "a holder's page tells its risk");
  await v.sees('[data-testid=characterisation]', 'persons by age and sex, and length of observation');
  check((await v.page.locator('[data-testid=top-concepts]').count()) >= 3, 'frequent concepts stand by kind of record');
  const persons = await v.page.locator('[data-testid=top-concepts] td').allInnerTexts();
  check(persons.length > 0 && persons.every((n) => Number(n.replaceAll(',', '')) % 5 === 0 && Number(n.replaceAll(',', '')) >= 10), 'every figure of a concept is rounded and none is small');
  await v.page.getByText('condition_occurrence').first().click();
  await v.page.getByText('condition_source_value').waitFor();
  check((await v.text('main')).includes('KCD8'), 'a column tells its code system');
  await v.look('ko-06-dataset');
  await v.page.getByRole('link', { name: '모든 점검 보기' }).click();
  await v.sees('[data-testid=checks] tbody tr', 'every check of the data');
  check((await v.page.locator('[data-testid=coverage]').count()) === 2, 'mapping by table and by code system');
  await v.look('ko-08-quality');
  await v.page.getByText('English', { exact: true }).click();
  await v.settled();
  check(!hangul.test(await v.text('main')), 'the quality page in English has no Korean left');
  await v.look('en-08-quality');
  await v.page.goBack();
  await v.page.getByText('한국어', { exact: true }).click();
  await v.settled();
  await v.page.getByText('English', { exact: true }).click();
  await v.settled();
  await v.look('en-06-dataset');
  await v.page.getByText('한국어', { exact: true }).click();
}

async function apply(v) {
  await v.go('/applications/new?dataset=r1');
  check((await v.page.locator('[data-testid=not-yet]').count()) === 0, 'an applicant gets the form');
  const title = '퇴원 후 재입원 위험의 다기관 확인';
  await v.page.getByLabel('과제 이름').fill(title);
  await v.page.getByRole('textbox', { name: '목적' }).fill('위험이 높은 환자를 일찍 알아보고 퇴원 계획을 돕는지 확인합니다.');
  await v.page.getByRole('checkbox', { name: '연계 질의' }).check();
  for (const box of await v.page.locator('fieldset.form-part textarea:not([aria-hidden])').all()) await box.fill('서식에 맞추어 적었습니다.');
  for (const name of ['진단', '약물', '검사', '방문']) await v.page.getByRole('checkbox', { name, exact: true }).check();
  const today = new Date(Date.now() + 9 * 3600_000).toISOString().slice(0, 10);
  await v.page.getByLabel('시작일').fill(today);
  await v.look('ko-20-apply');
  await v.page.getByRole('button', { name: '신청 제출' }).click();
  await v.page.waitForURL(/\/applications\/APP-/);
  await v.page.waitForSelector('[data-testid=timeline]');
  const id = decodeURIComponent(v.page.url().split('/').at(-1));
  check((await v.text('main')).includes(title), `the application ${id} is received and its review has begun`);
  return id;
}

/** Fills the form of one action as the signed-in person and sends it. */
async function act(v, id, action, fill = async () => {}) {
  await v.go(`/applications/${id}`);
  const form = v.page.locator(`form[data-action=${action}]`);
  if (!(await form.isVisible().catch(() => false))) {
    const names = { complete_check: '서류 완결성 확인', assign_board: '위원회 배정', answer_local_context: '우리 기관의 회신', vote: '표결', close_vote: '표결 마감', decide: '결정', issue_exemption: '심의면제 확인서 발급', notify: '결과 통보' };
    const button = v.page.locator('#act').getByRole('button', { name: names[action], exact: true });
    if (!(await button.isVisible().catch(() => false))) return check(false, `${v.name} may ${action} now`);
    await button.click();
  }
  await fill(form);
  // Listening starts before the click: a fast answer must not be missed.
  await Promise.all([
    v.page.waitForResponse((r) => r.url().includes('/actions') && r.request().method() === 'POST'),
    form.locator('button[type=submit]').click(),
  ]);
  await v.settled();
  const error = v.page.locator('[data-testid=error]');
  if (await error.isVisible().catch(() => false)) return check(false, `${v.name}: ${action} (${(await error.innerText()).replaceAll('\n', ' ')})`);
  return check(true, `${v.name}: ${action}`);
}

async function review(id) {
  console.log('the review, as the people who make it');
  const secretariat = await Visitor.come(withRole('secretariat')[0]);
  await secretariat.go('/applications');
  await secretariat.sees(`[data-testid=applications] a[href$="${id}"]`, 'the new application');
  await secretariat.look('ko-21-applications-secretariat');
  await secretariat.go(`/applications/${id}`);
  await secretariat.look('ko-22-application-secretariat');
  // The whole description is for vetted accounts; an applicant sees the summary.
  await secretariat.go('/catalogue/r1');
  if (await secretariat.sees('[data-testid=risk-board]', 'the risk page of the release')) {
    check((await secretariat.page.locator('[data-testid=attackers] tbody tr').count()) === 6, 'six declared attackers');
    check((await secretariat.page.locator('[data-testid=attacks] tbody tr').count()) === 10, 'ten measured attacks');
    check(!(await secretariat.text('[data-testid=attacks]')).includes('한도 초과'), 'every attack is within the policy');
    await secretariat.look('ko-09-risk');
    await secretariat.page.getByText('English', { exact: true }).click();
    await secretariat.settled();
    check(!hangul.test(await secretariat.text('[data-testid=risk-board]')), 'the risk page in English has no Korean left');
    await secretariat.look('en-09-risk');
    await secretariat.page.getByText('한국어', { exact: true }).click();
  }
  await act(secretariat, id, 'complete_check', (form) => form.getByLabel('다 갖추었습니다').check());
  const stewards = withRole('steward');
  for (const account of stewards) {
    const steward = await Visitor.come(account);
    const asked = await steward.page.request.get(`${base}/api/v1/applications/${id}`).then((r) => r.json());
    if (asked.actions?.includes('answer_local_context')) {
      await act(steward, id, 'answer_local_context', (form) => form.getByLabel('동의합니다', { exact: true }).check());
      if (account === stewards[0]) {
        await steward.sees('[data-testid=local]', 'the answers of the holders');
        await steward.look('ko-23-application-steward');
      }
    }
    await steward.leave();
  }
  await act(secretariat, id, 'assign_board', async (form) => {
    await form.getByRole('combobox').click().catch(() => form.locator('input').first().click());
    await secretariat.page.locator('[role=option]').first().click();
  });
  const board = (await secretariat.page.request.get(`${base}/api/v1/applications/${id}`).then((r) => r.json())).board;
  check(board?.members.length >= 5, `a board of ${board?.members.length} sits`);
  const recused = (board?.members ?? []).filter((m) => m.recused);
  check(recused.length >= 1, `who has a conflict is recused: ${recused.map((m) => m.account).join(', ')}`);
  let looked = false;
  for (const member of board?.members ?? []) {
    const account = accounts.find((a) => a.account === member.account);
    if (member.recused || !account) continue;
    const voter = await Visitor.come(account);
    await voter.go(`/applications/${id}`);
    if (!looked) {
      await voter.sees('[data-testid=members]', 'the board and who is recused');
      await voter.sees('[data-testid=review-tier]', 'the review tier and why');
      check(/등급/.test(await voter.text('main')) && /이상/.test(await voter.text('[data-testid=review-tier]')), 'the tier says how many must decide');
      await voter.look('ko-24-application-board');
      await voter.page.getByText('English', { exact: true }).click();
      await voter.settled();
      await voter.look('en-24-application-board');
      await voter.page.getByText('한국어', { exact: true }).click();
      looked = true;
    }
    await act(voter, id, 'vote', async (form) => {
      await form.getByLabel('찬성', { exact: true }).check();
      await form.locator('textarea:not([aria-hidden])').fill('목적이 분명하고 필요한 만큼만 요청했습니다.');
    });
    await voter.leave();
  }
  const chairAccount = accounts.find((a) => a.account === board?.members.find((m) => m.chair)?.account) ?? withRole('chair')[0];
  const chair = await Visitor.come(chairAccount);
  await act(chair, id, 'decide', async (form) => {
    await form.getByLabel('승인', { exact: true }).check();
    await form.locator('textarea:not([aria-hidden])').last().fill('표결 결과에 따릅니다.');
  });
  await chair.look('ko-25-application-decided');
  await chair.leave();
  const irb = await Visitor.come(withRole('irb')[0]);
  await act(irb, id, 'issue_exemption', (form) => form.locator('input').fill('IRB-2026-0042'));
  await irb.leave();
  await act(secretariat, id, 'notify');
  await secretariat.go(`/applications/${id}`);
  await secretariat.page.getByTestId('issue').click();
  await secretariat.page.waitForSelector('a[href^="/rights/right-"]');
  const right = (await secretariat.page.locator('a[href^="/rights/right-"]').first().getAttribute('href')).split('/').at(-1);
  check(right.startsWith('right-'), `the secretariat issues ${right}`);
  await secretariat.look('ko-26-application-approved');
  return { secretariat, right };
}

/** A definition to paste where none is on offer: the ones that the demo asked. */
function definitionsOfDemo() {
  const folder = join(dirname(accountsFile), 'handed/authority/definitions');
  try {
    return readdirSync(folder).filter((f) => f.includes('question') && f.endsWith('.json')).map((f) => readFileSync(join(folder, f), 'utf8'));
  } catch {
    return [];
  }
}

async function question(v, right, mode) {
  await v.go(`/ask?right=${right}`);
  const offered = (await v.page.request.get(`${base}/api/v1/definitions`).then((r) => r.json())).definitions ?? [];
  if (offered.length === 0) {
    const [pasted] = definitionsOfDemo();
    await v.page.getByRole('tab', { name: '직접 넣기' }).click();
    await v.page.locator('textarea:not([aria-hidden])').first().fill(pasted ?? '{}');
  }
  await v.page.locator(`input[value=${mode}]`).check();
  await v.page.getByRole('button', { name: '질의하기' }).click();
  await v.page.waitForSelector('[data-testid=answer], [data-testid=error]', { timeout: 180_000 });
  await v.settled();
}

async function ask(v, right) {
  console.log('the applicant asks under the new right');
  await v.go(`/rights/${right}`);
  check((await v.text('[data-testid=meter]')).includes('0개 사용'), 'the meter of the new right stands at 0');
  await v.look('ko-30-right');
  await question(v, right, 'federated');
  if (await v.sees('[data-testid=answer]', 'a federated answer')) {
    const said = await v.text('[data-testid=answer]');
    check(said.includes('연합 질의') && said.includes('기관별 수의 합'), 'the federated answer says its mode and is not called persons');
    check((await v.page.locator('[data-testid=by-holder] tbody tr').count()) >= 2, 'each holder answers for itself');
    const shown = (await v.text('main')).match(/(?<![\d,.-])[1-9](?=\n|$)/gm) ?? [];
    check((await v.page.locator('[data-testid=breakdown] td').allInnerTexts()).every((c) => !/^[1-9]$/.test(c.trim())), `no cell from 1 to 9 is shown (${shown.length} single digits on the page)`);
    await v.look('ko-31-answer-federated');
    await v.page.getByText('English', { exact: true }).click();
    await v.settled();
    await v.look('en-31-ask');
    await v.page.getByText('한국어', { exact: true }).click();
  } else await v.look('ko-31-answer-missing');
  await question(v, right, 'linked');
  if (await v.sees('[data-testid=answer]', 'a linked answer')) {
    check((await v.text('[data-testid=answer]')).includes('한 사람을 한 번만 센 수'), 'the linked answer counts each person once and says so');
    await v.look('ko-32-answer-linked');
  } else await v.look('ko-32-answer-missing');
  await noisy(v, right);
  await v.go(`/rights/${right}`);
  check((await v.text('[data-testid=meter]')).includes('4개 사용'), 'the meter moved to 4');
  await v.page.getByRole('link', { name: '이 이용권으로 질의' }).isVisible();
  await v.look('ko-33-right-used');
}

/** The same question with noise, twice: its price and the budget left are shown, and the second time is free. */
async function noisy(v, right) {
  const shown = [];
  for (const again of [false, true]) {
    await v.go(`/ask?right=${right}`);
    await v.page.locator('input[value=noise]').check();
    await v.page.getByTestId('rho').fill('0.04');
    check((await v.text('main')).includes('±10'), 'the page says before asking how large the noise will be');
    await v.page.getByRole('button', { name: '질의하기' }).click();
    await v.page.waitForSelector('[data-testid=answer], [data-testid=error]', { timeout: 180_000 });
    await v.settled();
    if (!(await v.sees('[data-testid=noise]', 'the noise and the budget of each site'))) return;
    const said = await v.text('[data-testid=noise]');
    check(/0\.04/.test(said) && said.includes('ε'), 'price, budget and guarantee are shown');
    if (again) check((await v.text('main')).includes('예산은 더 쓰지 않았습니다'), 'the repeated question says that nothing more was spent');
    shown.push([said, await v.text('[data-testid=by-holder]')].join('\n'));
  }
  check(shown[0] === shown[1], 'asked again, the figures and the budget are the same');
  await v.look('ko-34-answer-noise');
  await v.page.getByText('English', { exact: true }).click();
  await v.settled();
  await v.look('en-34-answer-noise');
  await v.page.getByText('한국어', { exact: true }).click();
}

async function revoke(secretariat, applicant, right) {
  console.log('the secretariat revokes the right');
  await secretariat.go(`/rights/${right}`);
  await secretariat.page.getByRole('button', { name: '이용권 취소' }).click();
  const dialog = secretariat.page.getByRole('dialog');
  await dialog.waitFor();
  check(await dialog.getByRole('button', { name: '취소 확정' }).isDisabled(), 'revoking needs a reason');
  await dialog.locator('textarea:not([aria-hidden])').fill('시범 이용이 끝났습니다.');
  await secretariat.look('ko-40-revoke');
  await dialog.getByRole('button', { name: '취소 확정' }).click();
  await secretariat.page.waitForSelector('[data-testid=revoked]', { timeout: 60_000 });
  await secretariat.sees('[data-testid=revoked]', 'that the right is revoked');
  await secretariat.look('ko-41-right-revoked');
  await question(applicant, right, 'federated');
  if (await applicant.sees('[data-testid=error]', 'that the next question is refused')) {
    const said = await applicant.text('[data-testid=error]');
    check(said.includes('다음에 할 일'), `the refusal says what to do: ${said.replaceAll('\n', ' ').slice(0, 160)}`);
  }
  await applicant.look('ko-42-ask-refused');
}

async function officer() {
  console.log('the programme officer');
  const v = await Visitor.come(withRole('officer')[0]);
  await v.go('/programmes');
  await v.sees('[data-testid=programmes] a', 'the programme');
  await v.look('ko-50-programmes');
  await v.page.locator('[data-testid=programmes] a').first().click();
  await v.page.waitForSelector('[data-testid=ledger]');
  check((await v.text('main')).includes('40자리 중 1'), 'one of 40 places is taken');
  check((await v.text('[data-testid=balanced]')).includes('0원입니다'), 'the ledger balances');
  await v.look('ko-51-programme');
  await v.page.getByText('English', { exact: true }).click();
  await v.settled();
  await v.look('en-51-programme');
  await v.go('/demonstrations');
  await v.sees('[data-testid=projects]', 'the demonstration projects');
  check((await v.page.locator('[data-testid=project]').count()) === 20, 'twenty projects stand on one page');
  check((await v.page.locator('[data-testid=project] a[href^="/evidence/"]').count()) >= 1, 'a project links to its sealed evidence');
  await v.look('en-52-demonstrations');
  await v.leave();
}

async function auditor() {
  console.log('the auditor');
  const v = await Visitor.come(withRole('auditor')[0]);
  await v.go('/audit');
  const said = await v.text('[data-testid=log]');
  check(said.includes('이용권 취소'), 'the log names the revocation that just happened');
  await v.page.locator('[data-testid=log] tbody button').first().click();
  await v.page.waitForSelector('[data-testid=proof]');
  check((await v.text('[data-testid=proof]')).includes('증명이 맞습니다'), 'and its proof holds');
  await v.look('ko-60-audit-auditor');
  await v.page.getByText('English', { exact: true }).click();
  await v.settled();
  await v.look('en-60-audit');
  await v.leave();
}

try {
  await citizen();
  await evidence();
  console.log('the applicant');
  const applicant = await Visitor.come(withRole('applicant')[0]);
  await catalogue(applicant);
  await applicant.go('/rights');
  await applicant.sees('[data-testid=rights]', 'the rights of the story');
  await applicant.look('ko-07-rights');
  const id = await apply(applicant);
  const { secretariat, right } = await review(id);
  await ask(applicant, right);
  await build(applicant, check, out);
  const steward = await Visitor.come(withRole('steward', (a) => a.account === 'steward-b')[0]);
  await deposit(steward, check, out);
  await steward.leave();
  await revoke(secretariat, applicant, right);
  await officer();
  await auditor();
} catch (error) {
  check(false, `the walk goes to its end (${String(error.message ?? error).split('\n').slice(0, 4).join(' ')})`);
  console.log(error.stack);
} finally {
  await browser.close();
}
for (const failure of failures) console.error(`FAILED ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);
