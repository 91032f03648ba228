"""The CSV of every public table as pandas reads it without being told anything: codes such as `01` become numbers there, so each
place stands in a column of its own once more, as a text."""

import io
import json
import urllib.request

import pandas

TABLES = {
    "/v1/progress/provinces.csv": "province",
    "/v1/progress/provinces.csv?list=63": "former_province",
    "/v1/tables/provinces.csv": "province",
    "/v1/tables/former_provinces.csv": "former_province",
}


def read(address, path, headers):
    with urllib.request.urlopen(urllib.request.Request(address + path, headers=headers), timeout=30) as answer:
        return answer.read()


def faults(address, headers):
    """What pandas makes of the tables that it should not. They are read with the headers of a reviewer, because a register of this
    size publishes no rows."""
    wrong = []
    for path, place in TABLES.items():
        table = pandas.read_csv(io.BytesIO(read(address, path, headers)))
        names = json.loads(read(address, path.replace(".csv", ""), headers))["data"]
        codes = [str(row[f"{place}_code"]) for row in names]
        if [label.split(" ")[0] for label in table[place]] != codes:
            wrong.append(f"{path}: the column {place} does not begin with the codes: {list(table[place])[:3]}")
        figures = table["annual_avoided_tco2e"]
        if not pandas.api.types.is_numeric_dtype(figures) or figures.isna().any():
            wrong.append(f"{path}: annual_avoided_tco2e is read as {figures.dtype}")
    return wrong
