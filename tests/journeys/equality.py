"""The equality table: the library's 40 definitions on three data sets, beside the stored rows.

For each definition and data set: stored entries; ours when inclusion rules are left out (what the stored rows hold); ours
with them (what Circe and ATLAS mean, the program's default), by the index and by SQL. `make test-journeys` runs it; alone:
/usr/bin/python3 tests/journeys/equality.py prints the whole table."""
import csv
import hashlib
import zipfile

import journey as house

ARCHIVES = {"fuzz": ("circe", "fuzz_cdm.zip"), "gibleed": ("omop", "GiBleed_5.3_csv.zip"),
            "synthea27nj": ("omop", "Synthea27Nj_5.4.zip")}
UNSTABLE = {("1071", "fuzz")}  # its stored rows depend on the order of rows: persons are compared


def built(story, cdm, definitions, *more):
    """Definition → (entries, persons, digest as the stored ones are made)."""
    out = story.folder / "rows"
    story.must("cohort", "build", "--cdm", cdm, *(word for file in definitions for word in ("--definition", file)), "--out",
               out, *more)
    answer = {}
    for file in definitions:
        rows = [line.split(",") for line in (out / f"{file.stem}.csv").read_text().splitlines()[1:]]
        rows.sort(key=lambda row: (int(row[0]), row[1], row[2]))
        text = "".join(",".join(row) + "\n" for row in rows)
        answer[file.stem] = (len(rows), len({row[0] for row in rows}), hashlib.sha256(text.encode()).hexdigest())
    return answer


def main():
    story = house.Journey("equality")
    circe = house.SHARED / "data" / "circe"
    if not circe.exists():
        print(f"SKIPPED: {circe} is not on this machine (set NARU_SHARED)")
        raise SystemExit(77)
    definitions = sorted(circe.glob("cohorts/*.json"), key=lambda file: int(file.stem))
    with open(circe / "expected" / "expected_counts.csv", encoding="utf-8") as lines:
        stored = {(row["cohort_id"], row["dataset"]): row for row in csv.DictReader(lines)}
    print(f"{'cohort':<7}{'data set':<13}{'rules':>6}{'stored':>8}  | {'without rules':>14}{'equal':>7}  | "
          f"{'with rules (Circe, default)':>28}{'index = SQL':>13}")
    totals = {"equal": 0, "same": 0, "fewer": 0, "rows": 0}
    for data_set, (folder, archive) in ARCHIVES.items():
        place = story.folder / data_set
        with zipfile.ZipFile(house.SHARED / "data" / folder / archive) as packed:
            packed.extractall(place)
        cdm = next(path.parent for path in place.rglob("*") if path.name.lower().split(".")[0] == "person")
        by_sql = built(story, cdm, definitions)
        story.must("cohort", "index", cdm)
        without = built(story, cdm, definitions, "--inclusion-rules", "ignore")
        by_index = built(story, cdm, definitions)
        attrition = story.must("cohort", "count", "--cdm", cdm,
                               *(word for file in definitions for word in ("--definition", file)))
        for file, counted in zip(definitions, attrition):
            name, expected = file.stem, stored[(file.stem, data_set)]
            rules = len(counted["attrition"]) - 1
            if (name, data_set) in UNSTABLE:
                equal = without[name][1] == int(expected["persons"])
            else:
                equal = without[name][2] == expected["sha256_of_sorted_rows"]
            same = by_index[name] == by_sql[name]
            story.check(equal, f"cohort {name} on {data_set} without rules is the stored one")
            story.check(same, f"cohort {name} on {data_set}: index and SQL")
            story.check(rules > 0 or by_index[name] == without[name], f"cohort {name} has no rules to apply")
            story.check(by_index[name][1] <= without[name][1], f"rules only ever leave persons out ({name})")
            totals["rows"] += 1
            totals["equal"] += equal
            totals["same"] += same
            totals["fewer"] += by_index[name][0] != without[name][0]
            print(f"{name:<7}{data_set:<13}{rules:>6}{expected['rows']:>8}  | {without[name][0]:>14}"
                  f"{('yes' if equal else 'NO'):>7}  | {by_index[name][0]:>28}{('yes' if same else 'NO'):>13}")
    print(f"{totals['rows']} rows: {totals['equal']} equal to the stored rows without inclusion rules; with rules, "
          f"{totals['fewer']} have other entries; index and SQL equal in {totals['same']}")
    story.end()


if __name__ == "__main__":
    main()
