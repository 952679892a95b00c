"""Quality over two loads: the trend goes on, the page draws its plots in Chromium in Korean and English, and a release
does not build while a holder's report has a failed check."""
import json
import os
import pathlib
import re
import shutil
import subprocess

from journey import Journey

journey = Journey("quality")
base = journey.folder
HEAD = {"person": "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id",
        "condition_occurrence": "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,"
                                "condition_type_concept_id,condition_source_value"}


def put(folder, first, persons, born):
    folder.mkdir(parents=True)
    numbers = range(first, first + persons)
    tables = {"person": [f"{i},8507,{born},0,0" for i in numbers],
              "condition_occurrence": [f"{i},{i},201826,{2015 + i % 9}-03-04,32817,E11" for i in numbers]}
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text("\n".join([HEAD[name], *rows]) + "\n")


def drawn(page):
    """What Chromium itself says stands on the page: every plot with its size, and the whole text."""
    probe = page.with_name("probe.html")
    script = ("<script>addEventListener('load',()=>{const s=[...document.querySelectorAll('svg')].map(e=>{const b="
              "e.getBoundingClientRect();return [b.width,b.height,e.querySelectorAll('rect,polyline').length]});const p="
              "[...document.querySelectorAll('polyline')].map(e=>e.getTotalLength());document.body.innerHTML='<pre "
              "id=found>'+JSON.stringify({svg:s,lines:p,wide:document.documentElement.scrollWidth,text:document.body."
              "innerText}).replace(/[<&]/g,' ')+'</pre>'})</script>")
    probe.write_text(page.read_text().replace("</body>", script + "</body>"))
    chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,3000",
                f"--user-data-dir={base / 'chromium'}"]
    dom = subprocess.run([*chromium, "--dump-dom", f"file://{probe}"], capture_output=True, text=True, timeout=300).stdout
    shots = pathlib.Path(os.environ.get("NARU_SCREENSHOTS", base / "screenshots"))
    shots.mkdir(parents=True, exist_ok=True)
    subprocess.run([*chromium, f"--screenshot={shots / 'quality.png'}", f"file://{page}"], capture_output=True, timeout=300)
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.S)
    if not journey.check(found is not None, "Chromium opens the quality page"):
        return None
    return json.loads(found.group(1).replace("&gt;", ">").replace("&amp;", "&"))


def main():
    site = base / "hospital"
    journey.must("init", site, "--site", "hospital", "--role", "hospital")
    put(base / "first", 1, 200, 1980)
    put(base / "second", 1_000, 200, 1800)  # born before anybody's grandparents: implausible
    journey.must("ingest", "omop", base / "first", "--site", site, "--legal-basis", "synthetic")
    first = journey.must("quality", "--site", site)
    journey.must("ingest", "omop", base / "second", "--site", site, "--legal-basis", "synthetic")
    second = journey.must("quality", "--site", site)
    again = journey.must("quality", "--site", site)
    history = [json.loads((site / "quality-history.json").read_text())]
    runs = history[0]["runs"] if isinstance(history[0], dict) else history[0]
    journey.equal(len(runs), 2, "one entry of the trend per load, none for asking again")
    journey.check(second["summary"]["failed"] > first["summary"]["failed"], "the second load fails more checks")
    journey.equal(again["summary"], second["summary"], "asked again, the same answer")

    page = site / "quality.html"
    text = page.read_text()
    journey.check("<script" not in text and "http" not in text.replace("http://www.w3.org", ""),
                  "the page runs nothing and asks for nothing")
    if shutil.which("chromium") is None:
        print("no chromium: the page was not opened")
    elif (look := drawn(page)) is not None:
        journey.check(len(look["svg"]) > 5 and all(w > 20 and h > 5 for w, h, _ in look["svg"]), "every plot has a size")
        journey.check(all(marks > 0 for _, _, marks in look["svg"]), "every plot draws something")
        journey.check(any(length > 10 for length in look["lines"]), "the trend over two loads is a line")
        journey.check(look["wide"] <= 1200, f"the page fits its window: {look['wide']}")
        for korean, english in (("데이터 품질", "Data quality"), ("실행별 추이", "over the runs"), ("연도별 행", "Rows by year"),
                                ("살펴볼 것", "needs attention")):
            journey.check(korean in look["text"] and english not in look["text"] and english in text,
                          f"the page says {korean} and, at the switch, {english}")

    failed = journey.run("quality", "--site", site, "--require")
    journey.equal(failed[0], 4, "quality --require ends with 4 while a check fails")
    report = base / "report.json"
    report.write_text(json.dumps(second))
    combiner = base / "combiner"
    journey.must("init", combiner, "--site", "combiner", "--role", "combiner")
    error = journey.refused(3, "refused", "release", "build", "--site", combiner, "--policy", "hipaa-safe-harbour",
                            "--quality", report, "--id", "r1",
                            "--holder", "hospital")
    wrong = [check["id"] for check in second["checks"] if check["state"] == "failed"]
    journey.check(any(name in json.dumps(error) for name in wrong), f"the refusal names a failed check: {error}")


if __name__ == "__main__":
    try:
        main()
    finally:
        journey.end()
