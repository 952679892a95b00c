"""Every message that crossed the wire, opened by its recipient and searched: outside the holder that a record comes from
nobody gets both a linkage key and a payload, and the key manager never gets the salt. Used by story.py."""
import collections
import csv
import json
import pathlib
import re

from recompute import HOLDERS, parquet

TRUSTED_WITH = {"key-manager": "keys", "combiner": "payload", "authority": "neither"}
TOKEN_COLUMNS = {"row_id", "kind", "token"}


def opened(journey, folder):
    """{recipient: [(sender, kind, [path, …]), …]}, opened with each recipient's own key."""
    out = {}
    capture = folder / "sites" / "authority" / "capture"
    for site in HOLDERS + list(TRUSTED_WITH):
        target = journey.folder / "opened" / site
        answer = journey.must("wire", "open", "--site", folder / "sites" / site, "--capture", capture, "--out", target)
        out[site] = [(m["from"], m["kind"], [target / name for name in m["files"]]) for m in answer["messages"]]
    return out


def identifiers(r):
    """What names a person at a holder: source numbers, telephones, and names that are long enough to be told from codes."""
    numbers = {row["person_source_value"].encode() for row in csv.DictReader(open(r.folder / "truth" / "persons.csv"))}
    phones = set()
    for site in HOLDERS:
        file = parquet(r.site(site) / "private" / "identity.parquet")
        for row in r.query({"i": f"SELECT DISTINCT phone FROM {file} WHERE phone IS NOT NULL"})["i"]:
            phones.add(row["phone"].replace("-", "").encode())
    return numbers, phones


def texts_of(r, file):
    """All text of a file as bytes: a Parquet file's text columns, anything else as it is."""
    if file.suffix != ".parquet":
        return file.read_bytes(), []
    described = r.query({"d": f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {parquet(file)})"})["d"]
    names = [row["column_name"] for row in described]
    wide = [row["column_name"] for row in described if row["column_type"] == "VARCHAR"]
    lines = []
    for name in wide:
        quoted = '"' + name.replace('"', '""') + '"'
        lines += [str(row["t"]) for row in
                  r.query({"t": f"SELECT DISTINCT {quoted} AS t FROM {parquet(file)} WHERE {quoted} IS NOT NULL"})["t"]]
    return "\n".join(lines).encode(), names


def check_messages(journey, r):
    messages = opened(journey, r.folder)
    journey.check(sum(map(len, messages.values())) > 30, "messages were captured and opened")
    salts = set()
    for site in HOLDERS:
        for sender, kind, files in messages[site]:
            if kind == "link.salt":
                salts.add(json.loads(files[0].read_text())["salt"])
    journey.equal(len(salts), len(HOLDERS), "each holder contributed one salt, told to holders")
    journey.check(not any(kind == "link.salt" for site in TRUSTED_WITH for _, kind, _ in messages[site]),
                  "no salt is sent to key manager, combiner or authority")

    tokens, holders_heard = set(), set()
    for sender, kind, files in messages["key-manager"]:
        if kind == "link.tokens":
            holders_heard.add(sender)
            table = next(f for f in files if f.name == "tokens.parquet")
            tokens |= {row["token"] for row in r.query({"t": f"SELECT DISTINCT token FROM {parquet(table)} WHERE token <> ''"})["t"]}
    journey.equal(holders_heard, set(HOLDERS), "every holder's keys went to the key manager")
    journey.check(len(tokens) > 100, "the messages' tokens are known")

    numbers, phones = identifiers(r)
    named = re.compile(rb"010-?[01]\d{3}-?\d{4}|[A-Z]\d{9}")
    hexes = re.compile(rb"[0-9a-f]{32,}")
    raw_salts = {bytes.fromhex(salt) for salt in salts}

    def faults(content, may_hold_tokens):
        found = collections.Counter()
        for hit in named.findall(content):
            if hit.replace(b"-", b"") in phones or hit in numbers:
                found["identifier"] += 1
        for hit in hexes.findall(content):
            if hit.decode() in salts:
                found["salt"] += 1
            elif hit.decode() in tokens and not may_hold_tokens:
                found["token"] += 1
        if any(salt in content for salt in raw_salts):
            found["salt"] += 1
        return dict(found)

    # The search must find what it looks for.
    journey.equal(set(faults(b" ".join([next(iter(numbers)), next(iter(salts)).encode(), next(iter(tokens)).encode()]), False)),
                  {"identifier", "salt", "token"}, "the search finds an identifier, a salt and a token")
    payload_rows = 0
    for site, trust in TRUSTED_WITH.items():
        stores = [p for p in (r.folder / "sites" / site).rglob("*") if p.is_file() and "capture" not in p.parts]
        received = [file for _, _, files in messages[site] for file in files]
        for file in stores + received:
            content, columns = texts_of(r, file)
            where = f"{site}: {file.name}"
            journey.equal(faults(content, trust == "keys"), {}, f"{where} holds no identifier, salt or key that is not its to hold")
            # Concepts and their ancestors are nobody's data.
            if any(c.endswith("_concept_id") for c in columns) and file.parent.name != "vocabulary":
                payload_rows += 1
                journey.check(trust == "payload", f"{where}: health data only at the combiner")
            if "token" in columns:
                journey.check(trust == "keys" and set(columns) <= TOKEN_COLUMNS | {"holder"}, f"{where}: keys only at the key manager, alone")
    journey.check(payload_rows > 5, "the combiner's payload was among what was searched")
    for site in HOLDERS:
        for sender, kind, files in messages[site]:
            for file in files:
                content, columns = texts_of(r, file)
                if kind != "link.salt":
                    journey.equal(faults(content, False), {}, f"{site}, {kind} from {sender}: nothing of another holder's persons")
                journey.check(not any(c.endswith("_concept_id") for c in columns), f"{site}, {kind} from {sender}: no other holder's records")
    for sealed in (r.folder / "sites" / "authority" / "capture").iterdir():
        journey.equal(faults(sealed.read_bytes(), False), {}, f"captured {sealed.name} tells the authority nothing")
