"""The library's 40 cohorts by an evaluator that shares nothing with the program: plain loops over the rows.

It reads the definitions and the made-up data set as they are and follows docs/methods/cohort-semantics.md, inclusion
rules included (the stored expectations beside the definitions leave those out). Then `naru cohort build` must write the
same rows. It is slow and knows only the features these definitions use; an unknown one stops it.
"""
import collections
import csv
import datetime
import io
import json
import zipfile

import journey as house

DAY = datetime.timedelta(1)
# criterion: table, id, start, end, concept, source concept
DOMAINS = {
    "ConditionOccurrence": ("condition_occurrence", "condition_occurrence_id", "condition_start_date",
                            "condition_end_date", "condition_concept_id", "condition_source_concept_id"),
    "DrugExposure": ("drug_exposure", "drug_exposure_id", "drug_exposure_start_date", "drug_exposure_end_date",
                     "drug_concept_id", "drug_source_concept_id"),
    "ProcedureOccurrence": ("procedure_occurrence", "procedure_occurrence_id", "procedure_date", None,
                            "procedure_concept_id", None),
    "VisitOccurrence": ("visit_occurrence", "visit_occurrence_id", "visit_start_date", "visit_end_date",
                        "visit_concept_id", None),
    "Measurement": ("measurement", "measurement_id", "measurement_date", None, "measurement_concept_id", None),
    "Observation": ("observation", "observation_id", "observation_date", None, "observation_concept_id", None),
    "DeviceExposure": ("device_exposure", "device_exposure_id", "device_exposure_start_date",
                       "device_exposure_end_date", "device_concept_id", None),
    "Specimen": ("specimen", "specimen_id", "specimen_date", None, "specimen_concept_id", None),
    "Death": ("death", "person_id", "death_date", None, "cause_concept_id", None),
    "ConditionEra": ("condition_era", "condition_era_id", "condition_era_start_date", "condition_era_end_date",
                     "condition_concept_id", None),
    "DrugEra": ("drug_era", "drug_era_id", "drug_era_start_date", "drug_era_end_date", "drug_concept_id", None),
    "DoseEra": ("dose_era", "dose_era_id", "dose_era_start_date", "dose_era_end_date", "drug_concept_id", None),
    "ObservationPeriod": ("observation_period", "observation_period_id", "observation_period_start_date",
                          "observation_period_end_date", "period_type_concept_id", None)}
CODES = {"ValueAsConcept": "value_as_concept_id", "Unit": "unit_concept_id"}
NUMBERS = {"ValueAsNumber": "value_as_number", "RangeHigh": "range_high", "RangeLow": "range_low"}
OTHERS = {"CodesetId", "First", "CorrelatedCriteria", "Age", "ConditionSourceConcept", "ProviderSpecialty",
          "OccurrenceCount", "OccurrenceStartDate", "RangeHighRatio", "UserDefinedPeriod"}
Event = collections.namedtuple("Event", "person id start end sort visit concept")


def date(text):
    return datetime.date.fromisoformat(text[:10]) if text else None


def holds(test, value):
    if value in (None, ""):
        return False
    low = test["Value"]
    high = test.get("Extent")
    if isinstance(low, str):
        low, high = date(low), date(high)
    else:
        value = float(value)
    return {"lt": lambda: value < low, "lte": lambda: value <= low, "eq": lambda: value == low,
            "gt": lambda: value > low, "gte": lambda: value >= low, "bt": lambda: low <= value <= high}[test["Op"]]()


def ids(concepts):
    return {str(concept["CONCEPT_ID"]) for concept in concepts}


class Data:
    def __init__(self, archive):
        self.archive = zipfile.ZipFile(archive)
        self.tables = {}
        self.concepts = {row["concept_id"]: row for row in self.table("concept")}
        self.below = collections.defaultdict(set)
        for row in self.table("concept_ancestor"):
            self.below[row["ancestor_concept_id"]].add(row["descendant_concept_id"])
        self.maps = [row for row in self.table("concept_relationship")
                     if row["relationship_id"] == "Maps to" and not row["invalid_reason"]]
        self.persons = {row["person_id"]: row for row in self.table("person")}
        self.providers = {row["provider_id"]: row for row in self.table("provider")}
        self.periods = collections.defaultdict(list)
        for row in self.table("observation_period"):
            self.periods[row["person_id"]].append((date(row["observation_period_start_date"]),
                                                   date(row["observation_period_end_date"])))

    def table(self, name):
        if name not in self.tables:
            with self.archive.open(name + ".csv") as handle:
                self.tables[name] = list(csv.DictReader(io.TextIOWrapper(handle, "utf-8")))
        return self.tables[name]

    def concept_set(self, items):
        def expand(wanted):
            out = set()
            for item in items:
                if bool(item.get("isExcluded")) != wanted:
                    continue
                own = {str(item["concept"]["CONCEPT_ID"])} & self.concepts.keys()
                if item.get("includeDescendants"):
                    own |= {c for c in self.below[str(item["concept"]["CONCEPT_ID"])]
                            if c in self.concepts and not self.concepts[c]["invalid_reason"]}
                if item.get("includeMapped"):
                    own |= {row["concept_id_1"] for row in self.maps if row["concept_id_2"] in own}
                out |= own
            return out
        return expand(False) - expand(True)


class Cohort:
    def __init__(self, data, definition):
        self.data = data
        self.definition = definition
        self.sets = {s["id"]: data.concept_set(s["expression"]["items"]) for s in definition["ConceptSets"]}
        self.known = {}

    def fits(self, rule, row, start):
        person = self.data.persons.get(row["person_id"])
        if "Age" in rule and not (person and holds(rule["Age"], start.year - int(person["year_of_birth"]))):
            return False
        if "OccurrenceStartDate" in rule and not holds(rule["OccurrenceStartDate"], start):
            return False
        if any(rule.get(key) and row[column] not in ids(rule[key]) for key, column in CODES.items()):
            return False
        if any(key in rule and not holds(rule[key], row[column]) for key, column in NUMBERS.items()):
            return False
        if "RangeHighRatio" in rule:
            if not row["value_as_number"] or not row["range_high"] or float(row["range_high"]) == 0:
                return False
            if not holds(rule["RangeHighRatio"], float(row["value_as_number"]) / float(row["range_high"])):
                return False
        if rule.get("ProviderSpecialty"):
            provider = self.data.providers.get(row["provider_id"], {})
            if provider.get("specialty_concept_id") not in ids(rule["ProviderSpecialty"]):
                return False
        count = row.get("condition_occurrence_count") or row.get("drug_exposure_count")
        return "OccurrenceCount" not in rule or holds(rule["OccurrenceCount"], count)

    def rows(self, rule, table, id_column, start_column, concept_column, source_column):
        chosen = [row for row in self.data.table(table)
                  if (rule.get("CodesetId") is None or row[concept_column] in self.sets[rule["CodesetId"]])
                  and (rule.get("ConditionSourceConcept") is None
                       or row[source_column] in self.sets[rule["ConditionSourceConcept"]])]
        if rule.get("First"):
            first = {}
            for row in chosen:
                rank = (row[start_column], int(row[id_column]))
                if row["person_id"] not in first or rank < first[row["person_id"]][0]:
                    first[row["person_id"]] = (rank, row)
            chosen = [row for _, row in first.values()]
        return chosen

    def events(self, criterion):
        key = json.dumps(criterion, sort_keys=True)
        if key in self.known:
            return self.known[key]
        (domain, rule), = criterion.items()
        unknown = [k for k in rule if k not in OTHERS | CODES.keys() | NUMBERS.keys() and not k.endswith("TypeExclude")]
        assert not unknown, unknown
        table, id_column, start_column, end_column, concept_column, source_column = DOMAINS[domain]
        out = collections.defaultdict(list)
        for row in self.rows(rule, table, id_column, start_column, concept_column, source_column):
            start = sort = date(row[start_column])
            end = date(row[end_column]) if end_column else None
            if end is None and domain == "DrugExposure" and row["days_supply"]:
                end = start + DAY * int(row["days_supply"])
            if end is None and domain != "VisitOccurrence":
                end = start + DAY
            user = rule.get("UserDefinedPeriod", {})
            days = [date(user[key]) for key in ("StartDate", "EndDate") if user.get(key)]
            if any(not start <= day <= end for day in days) or not self.fits(rule, row, start):
                continue
            if user.get("StartDate"):
                start = date(user["StartDate"])
            if user.get("EndDate"):
                end = date(user["EndDate"])
            out[row["person_id"]].append(Event(row["person_id"], int(row[id_column]), start, end, sort,
                                               row.get("visit_occurrence_id"), row[concept_column]))
        if rule.get("CorrelatedCriteria"):
            for person, events in out.items():
                out[person] = [e for e in events if any(self.group(rule["CorrelatedCriteria"], e, period)
                                                        for period in self.data.periods[person]
                                                        if period[0] <= e.start <= period[1])]
        self.known[key] = out
        return out

    @staticmethod
    def inside(window, index, event, period, ignore, event_end_by_default):
        at = index.end if window.get("UseIndexEnd") else index.start
        when = event.end if window.get("UseEventEnd", event_end_by_default) else event.start
        for side, end in (("Start", window["Start"]), ("End", window["End"])):
            if end.get("Days") is not None:
                bound = at + DAY * (end["Coeff"] * end["Days"])
            elif ignore:
                continue
            else:
                bound = period[0] if end["Coeff"] < 0 else period[1]
            if when is None or (when < bound if side == "Start" else when > bound):
                return False
        return True

    def windowed(self, rule, index, period):
        ignore = rule.get("IgnoreObservationPeriod", False)
        found = []
        for event in self.events(rule["Criteria"])[index.person]:
            if not ignore and not period[0] <= event.start <= period[1]:
                continue
            if rule.get("StartWindow") and not self.inside(rule["StartWindow"], index, event, period, ignore, False):
                continue
            if rule.get("EndWindow") and not self.inside(rule["EndWindow"], index, event, period, ignore, True):
                continue
            if rule.get("RestrictVisit") and not (event.visit and event.visit == index.visit):
                continue
            found.append(event)
        wanted = rule["Occurrence"]
        number = len(found)
        if wanted.get("IsDistinct"):
            by_date = wanted.get("CountColumn") == "START_DATE"
            number = len({event.start if by_date else event.concept for event in found})
        return [number == wanted["Count"], number <= wanted["Count"], number >= wanted["Count"]][wanted["Type"]]

    def demographic(self, rule, index):
        person = self.data.persons.get(index.person)
        if person is None:
            return False
        if "Age" in rule and not holds(rule["Age"], index.start.year - int(person["year_of_birth"])):
            return False
        return not rule.get("Gender") or person["gender_concept_id"] in ids(rule["Gender"])

    def group(self, group, index, period):
        votes = [self.windowed(rule, index, period) for rule in group.get("CriteriaList", [])]
        votes += [self.demographic(rule, index) for rule in group.get("DemographicCriteriaList", [])]
        votes += [self.group(rule, index, period) for rule in group.get("Groups", [])]
        if not votes:
            return True
        return {"ALL": lambda: all(votes), "ANY": lambda: any(votes), "AT_LEAST": lambda: sum(votes) >= group["Count"],
                "AT_MOST": lambda: sum(votes) <= group["Count"]}[group["Type"].upper()]()

    def era_ends(self, rule, index):
        exposures = sorted((date(row["drug_exposure_start_date"]), date(row["drug_exposure_end_date"]) or
                            date(row["drug_exposure_start_date"]) + DAY * int(row["days_supply"] or 1))
                           for row in self.data.table("drug_exposure")
                           if row["person_id"] == index.person and
                           {row["drug_concept_id"], row["drug_source_concept_id"]} & self.sets[rule["DrugCodesetId"]])
        eras = []
        for start, end in exposures:
            if eras and start <= eras[-1][1] + DAY * rule["GapDays"]:
                eras[-1] = (eras[-1][0], max(eras[-1][1], end))
            else:
                eras.append((start, end))
        return [end + DAY * rule["Offset"] for start, end in eras
                if start <= index.start <= end + DAY * rule["Offset"]]

    def exit(self, index, period):
        strategy = self.definition.get("EndStrategy") or {}
        if "DateOffset" in strategy:
            begin = index.end if strategy["DateOffset"]["DateField"] == "EndDate" else index.start
            ends = [] if begin is None else [min(begin + DAY * strategy["DateOffset"]["Offset"], period[1])]
        else:
            ends = [period[1]]
        if "CustomEra" in strategy:
            ends += self.era_ends(strategy["CustomEra"], index)
        for criterion in self.definition.get("CensoringCriteria", []):
            ends += [e.start for e in self.events(criterion)[index.person] if index.start <= e.start <= period[1]]
        ends = [end for end in ends if end >= index.start]
        return min(ends) if ends else None

    def entries(self):
        definition = self.definition
        primary = definition["PrimaryCriteria"]
        window = primary["ObservationWindow"]
        entry = collections.defaultdict(list)
        for place, criterion in enumerate(primary["CriteriaList"]):
            for person, events in self.events(criterion).items():
                for event in events:
                    for period in self.data.periods[person]:
                        if (period[0] <= event.start <= period[1]
                                and period[0] + DAY * window["PriorDays"] <= event.start
                                and event.start + DAY * window["PostDays"] <= period[1]):
                            entry[person].append((event.sort, event.id, place, event, period))
        out = []
        for person, events in entry.items():
            events.sort(key=lambda e: e[:3])
            if primary["PrimaryCriteriaLimit"]["Type"] == "First":
                events = events[:1]
            if definition.get("AdditionalCriteria"):
                events = [e for e in events if self.group(definition["AdditionalCriteria"], e[3], e[4])]
                if definition["QualifiedLimit"]["Type"] == "First":
                    events = sorted(events, key=lambda e: e[3].start)[:1]
            for rule in definition["InclusionRules"]:
                events = [e for e in events if self.group(rule["expression"], e[3], e[4])]
            if definition["ExpressionLimit"]["Type"] == "First":
                events = sorted(events, key=lambda e: e[3].start)[:1]
            out += self.collapse(person, [(e[3].start, self.exit(e[3], e[4])) for e in events])
        return sorted(out)

    def collapse(self, person, stays):
        pad = DAY * self.definition["CollapseSettings"]["EraPad"]
        joined = []
        for start, end in sorted((start, end + pad) for start, end in stays if end):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        return [(int(person), start, end - pad) for start, end in joined]


def main():
    story = house.Journey("cohorts")
    circe = house.SHARED / "data" / "circe"
    if not circe.exists():
        print(f"SKIPPED: {circe} is not on this machine (set NARU_SHARED)")
        raise SystemExit(77)
    data = Data(circe / "fuzz_cdm.zip")
    out = story.folder / "rows.csv"
    for file in sorted(circe.glob("cohorts/*.json"), key=lambda f: int(f.stem)):
        expected = [f"{person},{start},{end}" for person, start, end in
                    Cohort(data, json.loads(file.read_text())).entries()]
        answer = story.must("cohort", "build", "--cdm", circe / "fuzz_cdm.zip", "--definition", file, "--out", out)
        story.equal(out.read_text().splitlines()[1:], expected, f"rows of cohort {file.stem}")
        story.equal(answer["entries"], len(expected), f"entries of cohort {file.stem}")
    story.end()


if __name__ == "__main__":
    main()
