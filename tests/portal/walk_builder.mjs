// Two more walks: the applicant builds a cohort and sees who holds enough people; a steward deposits a data set.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** REQUIRES: `v` is signed in and named in a valid right. */
export async function build(v, check, out) {
  console.log('the applicant builds a cohort');
  await v.go('/cohorts');
  check((await v.text('[data-testid=gaps]')).includes('개념집합을 고르지 않은'), 'an empty cohort says what is missing');
  await v.page.click('[data-testid=add-set]');
  await v.page.getByLabel('개념 찾기').fill('type 2 diabetes');
  await v.sees('[data-testid=concepts] tbody tr', 'concepts that carry the words');
  await v.page.locator('[data-testid=concepts] tbody button').first().click();
  await v.sees('[data-testid=set-items] tbody tr', 'the concept in the set');
  const choose = async (label, option, at = 0) => {
    await v.page.getByRole('combobox', { name: label }).nth(at).click();
    await v.page.getByRole('option', { name: option }).first().click();
  };
  await choose('개념집합', '개념집합 1');
  await v.page.click('[data-testid=add-rule]');
  await v.page.getByLabel('규칙 이름').fill('다시 진단');
  await choose('개념집합', '개념집합 1', 1);
  const rule = v.page.getByTestId('rule');
  await rule.getByLabel('시작일', { exact: true }).first().fill('1');
  await rule.getByLabel('종료일', { exact: true }).first().fill('');
  // A second condition and a group inside the rule, of which at least one must hold.
  await choose('이 묶음에서', '하나라도 충족');
  await rule.getByTestId('add-group').first().click();
  await choose('이 묶음에서', '최소 몇 개 충족', 1);
  await choose('개념집합', '개념집합 1', 2);
  await rule.getByTestId('group').nth(1).getByLabel('횟수', { exact: true }).fill('2');
  check((await v.page.locator('[data-testid=gaps]').count()) === 0, 'nothing is missing any more');
  await v.look('ko-34-cohort-builder');
  const [download] = await Promise.all([v.page.waitForEvent('download'), v.page.getByRole('button', { name: 'ATLAS용으로 내보내기' }).click()]);
  const file = join(out, 'cohort.json');
  await download.saveAs(file);
  const circe = JSON.parse(readFileSync(file, 'utf8'));
  check(circe.InclusionRules?.[0]?.name === '다시 진단', 'the exported expression carries the rule');
  const group = circe.InclusionRules[0].expression;
  check(group.Type === 'ANY' && group.CriteriaList.length === 1, 'any of the conditions is enough');
  check(group.Groups?.[0]?.Type === 'AT_LEAST' && group.Groups[0].CriteriaList[0].Occurrence.Count === 2, 'the group inside the rule counts on its own');
  check(group.CriteriaList[0].StartWindow.Start.Days === 1 && group.CriteriaList[0].StartWindow.End.Days === undefined, 'the window is open to the end');
  await v.page.getByRole('button', { name: '어디에 대상자가 충분한가요?' }).click();
  await v.sees('[data-testid=feasibility] tbody tr', 'what each holder tells');
  const told = await v.page.locator('[data-testid=feasibility] tbody td').allInnerTexts();
  check(told.length > 0 && told.every((cell) => /이상|미만/.test(cell)), `every holder tells bands only (${told.slice(0, 4).join(' | ')})`);
  await v.look('ko-35-feasibility');
  await v.page.getByRole('button', { name: '이용권으로 세기' }).click();
  await v.sees('[data-testid=answer]', 'a count under the right');
  // What it exported it takes back, and a file it cannot show it keeps.
  await v.go('/cohorts');
  await v.page.setInputFiles('input[type=file]', file);
  check((await v.page.getByLabel('규칙 이름').inputValue()) === '다시 진단', 'the exported file comes back as it was');
  check((await v.page.getByTestId('criterion').count()) === 2, 'both conditions stand in their groups again');
  circe.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.ProviderSpecialty = [{ CONCEPT_ID: 38004456 }];
  writeFileSync(file, JSON.stringify(circe));
  await v.page.setInputFiles('input[type=file]', file);
  await v.page.getByTestId('kept').getByText('ProviderSpecialty').waitFor();
  circe.InclusionRules[0].expression.Type = 'SOME';
  writeFileSync(file, JSON.stringify(circe));
  await v.page.setInputFiles('input[type=file]', file);
  await v.page.getByText('그대로 질의할 수 있지만').waitFor();
  await v.page.getByText('English', { exact: true }).click();
  await v.look('en-34-cohort-kept');
  await v.page.getByText('한국어', { exact: true }).click();
}

export async function deposit(v, check, out) {
  console.log('a steward deposits a data set');
  await v.go('/deposits/new');
  await v.page.getByRole('button', { name: '시작' }).click();
  const file = join(out, 'steps.csv');
  const table = (memo) => `subject_no,steps,memo\n${Array.from({ length: 40 }, (_, i) => `${i + 1},${4000 + i * 13},${i === 3 ? memo : 'none'}`).join('\n')}\n`;
  writeFileSync(file, table('call 010-1234-5678'));
  await v.page.setInputFiles('input[type=file]', file);
  await v.sees('[data-testid=draft-files] tbody tr', 'the file in the draft');
  await v.page.getByRole('button', { name: '다음' }).click();
  await v.page.getByLabel('subject_no의 한국어 뜻').fill('무작위 번호');
  await v.page.getByLabel('subject_no의 영어 뜻').fill('number given at random');
  await v.page.getByLabel('steps의 한국어 뜻').fill('하루 걸음 수');
  await v.page.getByLabel('steps의 영어 뜻').fill('steps of the day');
  await v.page.getByLabel('memo의 한국어 뜻').fill('비고');
  await v.page.getByLabel('memo의 영어 뜻').fill('remark');
  await v.look('ko-36-deposit-dictionary');
  await v.page.getByRole('button', { name: '다음' }).click();
  const fill = (label, text) => v.page.getByRole('textbox', { name: label }).first().fill(text);
  await fill('식별자', 'walk-steps');
  await fill('한국어 제목', '걸음 자료');
  await fill('영어 제목', 'Steps');
  await fill('한국어 설명', '자원자 40명의 걸음 수');
  await fill('영어 설명', 'Steps of forty volunteers');
  await fill('연구개발사업', '걷기 사업');
  await fill('과제번호', 'G-1');
  await v.look('ko-37-deposit-terms');
  await v.page.getByRole('button', { name: '제출' }).click();
  // A phone number stands in a remark: held, with file, column and reason, without the number.
  await v.sees('[data-testid=held]', 'that the deposit is held');
  const held = await v.text('[data-testid=held]');
  check(held.includes('steps.csv:memo') && held.includes('휴대전화') && !held.includes('1234'), `the reason names the column and repeats no value (${held.replaceAll('\n', ' ').slice(0, 120)})`);
  await v.look('ko-37-deposit-held');
  await v.page.getByRole('button', { name: '파일', exact: true }).first().click();
  writeFileSync(file, table('none'));
  await v.page.setInputFiles('input[type=file]', file);
  await v.settled();
  await v.page.getByRole('button', { name: '설명과 조건' }).click();
  await v.page.getByRole('button', { name: '제출' }).click();
  await v.sees('[data-testid=accepted]', 'that the deposit was accepted');
  await v.go('/catalogue/walk-steps');
  await v.sees('[data-testid=reuse]', 'who asks to use it');
  check((await v.text('main')).includes('sha256:'), 'the deposit says how to cite it');
  await v.look('ko-38-deposit-page');
}
