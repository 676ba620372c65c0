"""Every adapter against answers of the shape that its source gives, right ones and wrong ones."""

import contextlib
import io
import json
import zipfile

import pytest

from etl.fetch.errors import FetchError
from etl.fetch.geoboundaries import _licence
from etl.fetch.job import _read_base_url
from etl.fetch.registry import SOURCES
from etl.reference import known_licences
from tests.fixtures.fetch_server import Answer, as_file, as_json

HTML = Answer(b"<!DOCTYPE html><html><body>Login</body></html>", headers={"Content-Type": "text/html"})
TOKEN = "tok-0123456789"


def packed(*names):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name in names:
            file.writestr(name, "content")
    return target.getvalue()


WORKBOOK = packed("[Content_Types].xml", "xl/workbook.xml")
FEATURES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"shapeName": "Naryn"}, "geometry": None}],
    }
).encode()


def refused(fetch, *arguments, **options):
    with pytest.raises(FetchError) as caught:
        fetch(*arguments, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


def names(result):
    return [file["file"] for file in result["files"]]


def out(tmp_path, name):
    return (tmp_path / "out" / name).read_bytes()


# HDX


def package(server, resources, **more):
    return as_json(
        {
            "help": f"{server.url}/api/3/action/help_show?name=package_show",
            "success": True,
            "result": {
                "name": "cod-ab-kgz",
                "title": "Kyrgyzstan - Subnational Administrative Boundaries",
                "license_id": "cc-by-igo",
                "license_title": "Creative Commons Attribution for Intergovernmental Organisations",
                "dataset_source": "Ministry of Emergency Situations",
                "organization": {"title": "OCHA Field Information Services Section (FISS)"},
                "resources": resources,
                **more,
            },
        }
    )


def resource(server, name, format_name, path=None):
    url = f"{server.url}{path or f'/dataset/1/resource/2/download/{name}'}"
    return {"id": f"id-{name}", "name": name, "format": format_name, "download_url": url, "url": url}


@pytest.fixture
def hdx(server):
    server.on(
        "/api/3/action/package_show",
        package(
            server,
            [
                resource(server, "kgz_admin_boundaries.shp.zip", "SHP"),
                resource(server, "kgz_admin_boundaries.geojson.zip", "GeoJSON"),
                resource(server, "kgz_gazetteer.xlsx", "XLSX"),
            ],
        ),
    )
    server.on(
        "/dataset/1/resource/2/download/kgz_admin_boundaries.geojson.zip",
        Answer(status=302, headers={"Location": "/s3/kgz.zip?X-Amz-Signature=abc"}),
    )
    server.on("/s3/kgz.zip", as_file(packed("kgz_admin1.geojson"), cuts=(40,)))
    server.on("/dataset/1/resource/2/download/kgz_gazetteer.xlsx", as_file(WORKBOOK))
    return server


def test_cod_ab_takes_the_geojson(hdx, fetch, tmp_path):
    result = fetch("cod-ab", "kgz")
    assert names(result) == ["kgz_admin_boundaries.geojson.zip"]
    assert out(tmp_path, names(result)[0]) == packed("kgz_admin1.geojson")
    assert hdx.asked[0].query == {"id": "cod-ab-kgz"}
    assert hdx.asked[-1].headers["range"] == "bytes=40-"
    assert result["files"][0]["url"].endswith("/download/kgz_admin_boundaries.geojson.zip")
    assert result["source_row"] == {
        "source_id": "cod-ab-cod-ab-kgz",
        "title": "Kyrgyzstan - Subnational Administrative Boundaries",
        "publisher": "OCHA Field Information Services Section (FISS) (HDX)",
        "url": "https://data.humdata.org/dataset/cod-ab-kgz",
        "licence": "CC-BY-IGO-3.0",
        "terms": "Creative Commons Attribution for Intergovernmental Organisations; Ministry of Emergency Situations",
        "date_accessed": "2026-05-04",
        "caveat_en": "",
        "caveat_ru": "",
    }


def test_hdx_takes_what_a_pattern_names(hdx, fetch):
    assert names(fetch("hdx", "cod-ab-kgz", "--resource", "*.XLSX")) == ["kgz_gazetteer.xlsx"]
    both = fetch("hdx", "cod-ab-kgz", "--resource", "id-kgz_gazetteer.xlsx", "--resource", "*geojson*")
    assert names(both) == ["kgz_admin_boundaries.geojson.zip", "kgz_gazetteer.xlsx"]


def test_hdx_lists_the_resources_to_choose_from(hdx, fetch):
    for arguments in ([], ["--resource", "*.kml"]):
        text = refused(fetch, "hdx", "cod-ab-kgz", *arguments)
        assert "kgz_admin_boundaries.shp.zip; kgz_admin_boundaries.geojson.zip; kgz_gazetteer.xlsx" in text


def test_hdx_names_no_licence_that_it_does_not_know(server, fetch):
    server.on(
        "/api/3/action/package_show",
        package(
            server,
            [resource(server, "figures.csv", "CSV")],
            license_id="hdx-other",
            license_title="Other",
            license_other="Ask the ministry.",
        ),
    )
    server.on("/dataset/1/resource/2/download/figures.csv", as_file(b"a,b\n1,2\n"))
    row = fetch("hdx", "some-figures")["source_row"]
    assert (row["licence"], row["terms"]) == ("", "Other; Ask the ministry.; Ministry of Emergency Situations")


def test_hdx_unknown_dataset(server, fetch):
    server.on(
        "/api/3/action/package_show",
        as_json({"success": False, "error": {"__type": "Not Found Error", "message": "Not found"}}, 404),
    )
    text = refused(fetch, "hdx", "no-such-thing")
    assert "404 Not Found" in text
    assert "Search https://data.humdata.org" in text


@pytest.mark.parametrize(
    "answer", [as_json({"success": False}), as_json({"success": True, "result": {"resources": []}}), HTML]
)
def test_hdx_answers_of_another_shape(server, fetch, answer):
    server.on("/api/3/action/package_show", answer)
    assert "found" in refused(fetch, "hdx", "cod-ab-kgz")


def test_hdx_file_names_stay_in_the_folder(server, fetch, tmp_path):
    address = "/download/..%2F..%2F.hidden%20file%7C.csv"
    server.on("/api/3/action/package_show", package(server, [resource(server, "x", "CSV", address)]))
    server.on(address, as_file(b"a,b\n1,2\n"))
    assert names(fetch("hdx", "x")) == ["hidden_file_.csv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "hidden_file_.csv",
        "hidden_file_.csv.fetch.json",
    ]


def test_hdx_resources_must_be_https(server, fetch):
    server.on(
        "/api/3/action/package_show",
        package(server, [{"id": "1", "name": "a.csv", "format": "CSV", "url": "http://example.org/a.csv"}]),
    )
    assert "only https is allowed" in refused(fetch, "hdx", "x")


# HDX HAPI

HAPI = {"HDX_HAPI_APP_IDENTIFIER": TOKEN}
HAPI_PATH = "/affected-people/humanitarian-needs"


def hapi_rows(count):
    rows = [
        {"location_code": "AFG", "resource_hdx_id": "r", "sector_code": "WSH", "population": n} for n in range(count)
    ]

    def answer(asked):
        start, limit = int(asked.query["offset"]), int(asked.query["limit"])
        return as_json({"data": rows[start : start + limit]})

    return answer


@pytest.mark.parametrize(("total", "pages"), [(3, [3]), (5, [3, 2]), (6, [3, 3])])
def test_hapi_turns_pages(server, fetch, tmp_path, total, pages):
    server.on(HAPI_PATH, hapi_rows(total))
    result = fetch("hdx-hapi", HAPI_PATH[1:], "AFG", "--page-rows", "3", "--admin-level", "1", environ=HAPI)
    assert [len(json.loads(out(tmp_path, name))["data"]) for name in names(result)] == pages
    assert server.asked[0].query == {
        "location_code": "AFG",
        "admin_level": "1",
        "output_format": "json",
        "limit": "3",
        "offset": "0",
        "app_identifier": TOKEN,
    }
    assert "app_identifier" not in result["files"][0]["url"]


def test_hapi_without_rows_or_with_the_same_page_for_ever(server, fetch):
    server.on(HAPI_PATH, hapi_rows(0))
    assert "found no rows" in refused(fetch, "hdx-hapi", HAPI_PATH[1:], "AFG", environ=HAPI)
    server.on(HAPI_PATH, as_json({"data": [{"n": 1}]}))
    text = refused(fetch, "hdx-hapi", HAPI_PATH[1:], "AFG", "--page-rows", "1", environ=HAPI)
    assert "the same page again" in text


def test_hapi_conflict_events_carry_the_limits_of_acled(server, fetch):
    server.on("/coordination-context/conflict-events", as_json({"data": [{"events": 1}]}))
    result = fetch("hdx-hapi", "coordination-context/conflict-events", "AFG", environ=HAPI)
    assert "only aggregates" in result["redistribution"]


# geoBoundaries


def boundary(server, **more):
    return as_json(
        {
            "boundaryID": "KGZ-ADM1-1",
            "boundaryISO": "KGZ",
            "boundaryYearRepresented": "2019",
            "boundaryType": "ADM1",
            "boundarySource": "OpenStreetMap, Wambacher",
            "boundaryLicense": "Open Data Commons Open Database License 1.0",
            "licenseDetail": "nan",
            "licenseSource": "www.openstreetmap.org/copyright",
            "gjDownloadURL": f"{server.url}/raw/geoBoundaries-KGZ-ADM1.geojson",
            "simplifiedGeometryGeoJSON": f"{server.url}/raw/geoBoundaries-KGZ-ADM1_simplified.geojson",
            **more,
        }
    )


def test_geoboundaries_goes_by_the_metadata(server, fetch, tmp_path):
    server.on("/gbOpen/KGZ/ADM1/", boundary(server))
    server.on("/raw/geoBoundaries-KGZ-ADM1.geojson", as_file(FEATURES))
    result = fetch("geoboundaries", "KGZ", "ADM1")
    assert names(result) == ["geoboundaries_gbOpen_KGZ_ADM1.geojson"]
    assert out(tmp_path, names(result)[0]) == FEATURES
    row = result["source_row"]
    assert row["title"] == "geoBoundaries gbOpen, KGZ ADM1, 2019"
    assert row["licence"] == "ODbL-1.0"
    assert row["terms"] == (
        "Open Data Commons Open Database License 1.0; www.openstreetmap.org/copyright; OpenStreetMap, Wambacher"
    )


def test_geoboundaries_pointer_instead_of_the_file(server, fetch):
    server.on("/gbOpen/KGZ/ADM1/", boundary(server))
    server.on(
        "/raw/geoBoundaries-KGZ-ADM1_simplified.geojson",
        as_file(b"version https://git-lfs.github.com/spec/v1\noid x\n"),
    )
    assert "Git LFS" in refused(fetch, "geoboundaries", "KGZ", "ADM1", "--simplified")


@pytest.mark.parametrize(
    "change",
    [{"gjDownloadURL": None}, {"gjDownloadURL": "http://example.org/x.geojson"}, {"gjDownloadURL": "no address"}],
)
def test_geoboundaries_addresses_that_are_none(server, fetch, change):
    server.on("/gbOpen/KGZ/ADM1/", boundary(server, **change))
    assert refused(fetch, "geoboundaries", "KGZ", "ADM1")


@pytest.mark.parametrize(
    ("words", "licence"),
    [
        ("Creative Commons Attribution 3.0 Intergovernmental Organisations (CC BY 3.0 IGO)", "CC-BY-IGO-3.0"),
        ("Creative Commons Attribution 4.0 International (CC BY 4.0)", "CC-BY-4.0"),
        ("Attribution 3.0 License", "CC-BY-3.0"),
        ("Public Domain", "public-domain"),
        ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
        ("Attribution-NonCommercial 4.0", ""),
        ("CC BY-NC-SA 3.0 IGO", ""),
        ("Attribution-ShareAlike 2.0", ""),
        ("Data sharing agreement", ""),
    ],
)
def test_geoboundaries_licences(words, licence):
    assert _licence(words) == licence
    assert licence == "" or licence in known_licences()


# OPHI


def test_ophi_tables(server, fetch, tmp_path):
    table = "/sites/default/files/2025-10/Table%205%20Subnational%20Results%20MPI%202025.xlsx"
    server.on(table, as_file(WORKBOOK))
    result = fetch("ophi", "table5-2025")
    assert names(result) == ["Table_5_Subnational_Results_MPI_2025.xlsx"]
    assert out(tmp_path, names(result)[0]) == WORKBOOK
    server.on("/sites/default/files/2026-10/new%20table.xlsx", as_file(WORKBOOK))
    assert names(fetch("ophi", f"{server.url}/sites/default/files/2026-10/new table.xlsx")) == ["new_table.xlsx"]


def test_ophi_that_moved_or_is_elsewhere(server, fetch):
    assert "give the address that" in refused(fetch, "ophi", "table6-2025")
    for other in ("table7", "https://example.org/x.xlsx", f"{server.url}/x.pdf"):
        assert "expected one of table5-2025, table6-2025" in refused(fetch, "ophi", other)
    server.on("/sites/default/files/2025-10/Table_6_Trends_Over_Time_MPI_2025_30_Oct.xlsx", as_file(WORKBOOK[:-9]))
    assert "broken or cut-off XLSX" in refused(fetch, "ophi", "table6-2025")


# DHS

DHS_HEADER = "DataId,Indicator,Value,CharacteristicLabel,CountryName,IndicatorId,SurveyId"


def dhs_data(rows, per_page):
    """Answer like the API, which holds to its own limit whatever `perpage` says."""
    pages = [rows[start : start + per_page] for start in range(0, len(rows), per_page)] or [[]]

    def answer(asked):
        if asked.query["f"] == "json":
            data = [{"DataId": row} for row in pages[0]]
            return as_json(
                {
                    "TotalPages": len(pages),
                    "Page": 1,
                    "RecordsReturned": len(data),
                    "RecordCount": len(rows),
                    "Data": data,
                }
            )
        lines = [
            f"{row},Stunting,1{row}.5,Naryn,Kyrgyz Republic,CN_NUTS_C_HA2,KY2012DHS"
            for row in pages[int(asked.query["page"]) - 1]
        ]
        return Answer("\r\n".join([DHS_HEADER, *lines, ""]).encode(), headers={"Content-Type": "text/csv"})

    return answer


@pytest.mark.parametrize(("total", "pages"), [(3, [3]), (4, [4]), (9, [4, 4, 1])])
def test_dhs_takes_as_many_pages_as_the_api_says(server, fetch, tmp_path, total, pages):
    server.on("/data", dhs_data(list(range(total)), 4))
    result = fetch("dhs", "ky", "--indicators", "CN_NUTS_C_HA2")
    assert [len(out(tmp_path, name).splitlines()) - 1 for name in names(result)] == pages
    assert server.asked[1].query == {
        "countryIds": "KY",
        "indicatorIds": "CN_NUTS_C_HA2",
        "breakdown": "subnational",
        "perpage": "1000",
        "page": "1",
        "f": "csv",
    }


def test_dhs_key_makes_larger_pages_and_is_not_written_down(server, fetch):
    server.on("/data", dhs_data([1], 5000))
    result = fetch("dhs", "KY,TJ", "--tags", "32,33", "--breakdown", "all", environ={"DHS_API_KEY": TOKEN})
    assert {(asked.query["perpage"], asked.query["apiKey"]) for asked in server.asked} == {("5000", TOKEN)}
    assert TOKEN not in json.dumps(result)


def test_dhs_without_rows_or_with_another_table(server, fetch):
    server.on("/data", dhs_data([], 4))
    assert "found no rows" in refused(fetch, "dhs", "KY", "--indicators", "X")
    count = as_json({"TotalPages": 1, "Data": [1]})
    server.on("/data", count, Answer(b"Error,Message\n1,no\n"))
    assert "without IndicatorId" in refused(fetch, "dhs", "KY", "--indicators", "X")
    server.on("/data", count, HTML)
    assert "a web page" in refused(fetch, "dhs", "KY", "--indicators", "X")


# World Bank

WORLD_BANK = "/country/KGZ;TJK/indicator/SP.POP.TOTL"


def world_bank_page(number, pages):
    row = {
        "indicator": {"id": "SP.POP.TOTL", "value": "Population, total"},
        "country": {"id": "KG", "value": "Kyrgyz Republic"},
        "countryiso3code": "KGZ",
        "date": str(2020 + number),
        "value": 7_000_000 + number,
    }
    return as_json([{"page": number, "pages": pages, "per_page": "20000", "total": pages}, [row]])


def test_world_bank_turns_pages(server, fetch, tmp_path):
    server.on(WORLD_BANK, lambda asked: world_bank_page(int(asked.query["page"]), 3))
    result = fetch("world-bank", "kgz,tjk", "SP.POP.TOTL", "--years", "2000:2024")
    assert names(result) == [f"world-bank_SP.POP.TOTL_KGZ-TJK.page-00{n}.json" for n in (1, 2, 3)]
    assert json.loads(out(tmp_path, names(result)[2]))[1][0]["date"] == "2023"
    assert server.asked[0].query == {"format": "json", "per_page": "20000", "date": "2000:2024", "page": "1"}
    assert result["source_row"]["licence"] == "CC-BY-4.0"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            as_json(
                [
                    {
                        "message": [
                            {"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}
                        ]
                    }
                ]
            ),
            "the World Bank says: The provided parameter value is not valid. See https://data.worldbank.org/indicator",
        ),
        (as_json([{"page": 0, "pages": 0, "per_page": 0, "total": 0}, None]), "found no rows"),
        (as_json([{"page": 1, "pages": 1, "per_page": 50, "total": 0}, []]), "found no rows"),
        (as_json({"a": 1}), "no list of two parts"),
        (HTML, "a web page (HTML); expected JSON"),
        (Answer(b'[{"page":1,"pages":1},[{"date":"2020"'), "JSON that ends too early"),
        (Answer(b""), "an empty body"),
    ],
)
def test_world_bank_errors_that_come_with_status_200(server, fetch, tmp_path, answer, words):
    server.on(WORLD_BANK, answer)
    assert words in refused(fetch, "world-bank", "KGZ,TJK", "SP.POP.TOTL")
    assert not (tmp_path / "out").exists()


# Statistics offices

NSC = {
    "data": [
        {
            "pk": 1,
            "priority": 1,
            "title_en": "Naryn oblast",
            "title_kg": "Нарын облусу",
            "title_ru": "Нарынская область",
            "values": [{"key": 2023, "value": 12.5}, {"key": 2022, "value": None}],
        }
    ]
}
SIAT = [
    {
        "metadata": [
            {"name_en": "Name of the dataset", "value_en": "Permanent population"},
            {"name_en": "Unit", "value_en": "thsd"},
        ],
        "data": [{"Code": "1703", "Klassifikator": "Andijon", "Klassifikator_en": "Andijan region", "2024": 3345.1}],
    }
]
TALDAU = [
    {
        "text": "",
        "terms": [268012],
        "termNames": ["г.Астана"],
        "periods": [{"name": "2023 год", "date": "31.12.2023", "value": "104,2"}],
    }
]


@pytest.mark.parametrize(
    ("arguments", "path", "content", "name"),
    [
        (("kgz-nsc", "120"), "/ru/opendata/category/120/json", NSC, "kgz-nsc_120.json"),
        (("uzb-siat", "246"), "/media/uploads/sdmx/sdmx_data_246.json", SIAT, "uzb-siat_246.json"),
        (("kaz-taldau", "704449"), "/ru/Api/GetIndexData/704449", TALDAU, "kaz-taldau_704449_7_67.json"),
    ],
)
def test_statistics_offices(server, fetch, tmp_path, arguments, path, content, name):
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    server.on(path, Answer(b"", 502), Answer(body))
    result = fetch(*arguments)
    assert names(result) == [name]
    assert out(tmp_path, name) == body
    for wrong in (HTML, as_json([]), as_json({"data": []}), as_json({"data": [{"a": 1}]}), Answer(body[:-3])):
        server.on(path, wrong)
        assert "expected" in refused(fetch, *arguments, "--refresh")
    assert out(tmp_path, name) == body


def test_taldau_periods_and_classifiers(server, fetch):
    server.on("/ru/Api/GetIndexData/1", as_json(TALDAU))
    fetch("kaz-taldau", "1", "--period", "9", "--dics", "67,848")
    assert server.asked[0].query == {"period": "9", "dics": "67,848"}


def test_siat_titles(server, fetch):
    server.on("/media/uploads/sdmx/sdmx_data_1.json", as_json(SIAT))
    assert fetch("uzb-siat", "1")["source_row"]["title"] == "Permanent population"


# IOM DTM

DTM = {"DTM_SUBSCRIPTION_KEY": TOKEN}
DTM_ROW = {"admin0Pcode": "AFG", "admin1Pcode": "AF01", "admin1Name": "Kabul", "numPresentIdpInd": 10, "roundNumber": 3}


def dtm(rows, total=None, success=True, errors=()):
    return as_json(
        {
            "isSuccess": success,
            "result": rows,
            "totalRecordsCount": len(rows) if total is None else total,
            "errorMessages": errors,
        }
    )


def test_dtm_sends_the_key_as_a_header(server, fetch):
    server.on("/displacement/admin1", dtm([DTM_ROW]))
    result = fetch("iom-dtm", "AFG", "ADM1", "--from", "2024-01-01", environ=DTM)
    assert names(result) == ["iom-dtm_AFG_ADM1_2024-01-01.json"]
    assert server.asked[0].headers["ocp-apim-subscription-key"] == TOKEN
    assert server.asked[0].query == {"Admin0Pcode": "AFG", "FromReportingDate": "2024-01-01"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (dtm([], success=False, errors=["Invalid admin level"]), "IOM DTM says: Invalid admin level"),
        (dtm([]), "found no rows"),
        (dtm([DTM_ROW], total=5000), "found 1 of 5,000 rows; ask for less at once"),
        (as_json([DTM_ROW]), "without isSuccess"),
        (
            as_json({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401),
            "Check DTM_SUBSCRIPTION_KEY",
        ),
        (Answer(b"<html>403</html>", 403), "403 Forbidden"),
    ],
)
def test_dtm_faults(server, fetch, answer, words):
    server.on("/displacement/admin2", answer)
    assert words in refused(fetch, "iom-dtm", "AFG", "ADM2", environ=DTM)


# ACLED

ACLED = {"ACLED_EMAIL": "person@example.org", "ACLED_PASSWORD": "p&ss w0rd"}
ACLED_WORDS = ("acled", "Kyrgyzstan", "--from", "2024-01-01", "--to", "2024-12-31")
ACCEPT = "--i-accept-terms"


def acled_events(total):
    rows = [
        {"event_id_cnty": f"KGZ{n}", "event_date": "2024-03-01", "admin1": "Osh", "fatalities": 0} for n in range(total)
    ]

    def answer(asked):
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return as_json({"status": 403, "success": False, "error": "Access denied"}, 403)
        page, limit = int(asked.query["page"]), int(asked.query["limit"])
        data = rows[(page - 1) * limit : page * limit]
        return as_json({"status": 200, "success": True, "last_update": 12, "count": len(data), "data": data})

    return answer


@pytest.fixture
def acled(server):
    token = {"token_type": "Bearer", "expires_in": 86400, "access_token": TOKEN, "refresh_token": "refresh-1"}
    server.on("/oauth/token", as_json(token))
    server.on("/api/acled/read", acled_events(5))
    return server


def test_acled_is_refused_until_the_terms_are_accepted(acled, fetch, tmp_path):
    text = refused(fetch, *ACLED_WORDS, environ=ACLED)
    assert "must not be passed on or published; only aggregates" in text
    assert "--i-accept-terms" in text
    assert acled.asked == []
    assert not (tmp_path / "out").exists()


def test_acled_gives_a_token_for_the_password_and_turns_pages(acled, fetch, tmp_path):
    result = fetch(*ACLED_WORDS, ACCEPT, "--page-rows", "2", environ=ACLED)
    assert acled.asked[0].method == "POST"
    assert (
        acled.asked[0].body == "username=person%40example.org&password=p%26ss+w0rd&grant_type=password&client_id=acled"
    )
    assert [len(json.loads(out(tmp_path, name))["data"]) for name in names(result)] == [2, 2, 1]
    assert acled.asked[1].query["event_date"] == "2024-01-01|2024-12-31"
    assert not {"notes", "actor1", "actor2"} & set(acled.asked[1].query["fields"].split("|"))
    record = json.loads(out(tmp_path, f"{names(result)[0]}.fetch.json"))
    assert "only aggregates of your own may be" in record["redistribution"]
    assert "only aggregates of your own may be" in record["source_row"]["terms"]


def test_acled_keys_and_token_are_written_nowhere(acled, fetch, tmp_path):
    fetch(*ACLED_WORDS, ACCEPT, environ=ACLED)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (TOKEN, "refresh-1", "person@example.org", "person%40example.org", "p&ss", "p%26ss"):
        assert secret.encode() not in kept


def test_acled_offline_needs_no_keys(acled, fetch):
    first = fetch(*ACLED_WORDS, ACCEPT, environ=ACLED)
    count = len(acled.asked)
    again = fetch(*ACLED_WORDS, ACCEPT, "--offline")
    assert [file["sha256"] for file in again["files"]] == [file["sha256"] for file in first["files"]]
    assert [file["how"] for file in again["files"]] == ["cache"]
    assert len(acled.asked) == count


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        (
            "/oauth/token",
            as_json({"error": "invalid_grant", "message": "The user credentials were incorrect."}, 400),
            "invalid_grant",
        ),
        ("/oauth/token", as_json({"token_type": "Bearer"}), "found no access token"),
        ("/api/acled/read", as_json({"status": 403, "success": False, "error": "No access"}), "ACLED says: No access"),
        ("/api/acled/read", as_json({"status": 200, "success": True, "data": []}), "found no events"),
        ("/api/acled/read", as_json({"status": 200, "success": True}), "without a list named data"),
        ("/api/acled/read", HTML, "a web page"),
    ],
)
def test_acled_faults(acled, fetch, path, answer, words):
    acled.on(path, answer)
    text = refused(fetch, *ACLED_WORDS, ACCEPT, environ=ACLED)
    assert words in text
    assert not any(secret in text for secret in (TOKEN, *ACLED.values()))


def test_keys_that_a_source_repeats_in_its_words_are_masked(acled, fetch):
    acled.on("/displacement/admin1", dtm([], success=False, errors=[f"Unknown key {TOKEN}"]))
    assert refused(fetch, "iom-dtm", "AFG", "ADM1", environ=DTM).count("Unknown key <DTM_SUBSCRIPTION_KEY>") == 1
    acled.on("/api/acled/read", as_json({"status": 401, "error": f"{TOKEN} of person@example.org has expired"}))
    text = refused(fetch, *ACLED_WORDS, ACCEPT, environ=ACLED)
    assert "ACLED says: <access token> of <ACLED_EMAIL> has expired" in text


# Global Data Lab

GDL = {"GDL_API_TOKEN": TOKEN}


def test_global_data_lab(server, fetch, tmp_path):
    body = b'"Country","ISO_Code","Level","Region","2021"\n"Kyrgyzstan","KGZ","Subnat","Bishkek",0.74\n'
    server.on("/shdi/download/shdi/KGZ+TJK/", Answer(body))
    result = fetch("global-data-lab", "shdi", "shdi", "KGZ,TJK", "--levels", "1,4", environ=GDL)
    assert out(tmp_path, names(result)[0]) == body
    assert server.asked[0].query == {"format": "csv", "interpolation": "0", "levels": "1 4", "token": TOKEN}
    assert TOKEN not in json.dumps(result)
    assert "Non-commercial" in result["redistribution"]
    server.on("/shdi/download/2021/shdi+edindex/KGZ/", Answer(body))
    fetch("global-data-lab", "shdi", "shdi,edindex", "KGZ", "--year", "2021", environ=GDL)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b'"title","body"\n"Error","Token is invalid"\n'), "Global Data Lab says: Error Token is invalid"),
        (Answer(b'"title","body"\n"Error","Token is invalid"\n', 403), "Check GDL_API_TOKEN"),
        (Answer(b'"Country","Level"\n'), "a table without rows"),
        (HTML, "a web page"),
    ],
)
def test_global_data_lab_faults(server, fetch, answer, words):
    server.on("/shdi/download/shdi/KGZ/", answer)
    assert words in refused(fetch, "global-data-lab", "shdi", "shdi", "KGZ", environ=GDL)


def test_global_data_lab_several_indicators_need_a_year(fetch):
    assert "add --year" in refused(fetch, "global-data-lab", "shdi", "shdi,edindex", "KGZ", environ=GDL)


# All

WORDS = {
    "cod-ab": ["KGZ"],
    "hdx": ["x", "--resource", "*"],
    "hdx-hapi": ["a/b", "AFG"],
    "geoboundaries": ["KGZ", "ADM1"],
    "ophi": ["table5-2025"],
    "dhs": ["KY", "--indicators", "X"],
    "world-bank": ["KGZ", "SP.POP.TOTL"],
    "kgz-nsc": ["1"],
    "uzb-siat": ["1"],
    "kaz-taldau": ["1"],
    "iom-dtm": ["AFG", "ADM1"],
    "acled": [*ACLED_WORDS[1:], ACCEPT],
    "global-data-lab": ["shdi", "shdi", "KGZ"],
}
PARTS = [None, True, 0, "x", [], {}, [None], [[]], [{}], ["x"], [1, 2], {"x": 1}]
SHAPES = [
    *PARTS,
    *({"data": part} for part in PARTS),
    *([{"data": part}] for part in PARTS),
    *({"success": True, "result": part} for part in PARTS),
    *({"success": True, "result": {"resources": part}} for part in PARTS),
    *({"isSuccess": True, "result": part} for part in PARTS),
    *({"isSuccess": False, "errorMessages": part} for part in PARTS),
    *({"status": 200, "data": part, "access_token": "t"} for part in PARTS),
    *({"TotalPages": 1, "Data": part} for part in PARTS),
    *({"gjDownloadURL": part} for part in PARTS),
    *([{"message": part}] for part in PARTS),
    *([{"pages": part}, [1]] for part in PARTS),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: one.name)
def test_json_of_any_shape_is_refused_or_kept_but_never_breaks_it(server, fetch, source):
    keys = {key.variable: TOKEN for key in source.keys}
    for shape in SHAPES:
        server.on("*", as_json(shape))
        server.on("/oauth/token", as_json({"access_token": "token"}))
        with contextlib.suppress(FetchError):
            fetch(source.name, *WORDS[source.name], environ=keys)


@pytest.mark.parametrize("source", [one for one in SOURCES if one.keys], ids=lambda one: one.name)
def test_missing_keys_are_named_before_anything_is_asked(server, fetch, source):
    text = refused(fetch, source.name, *WORDS[source.name])
    required = [key.variable for key in source.keys if key.is_required]
    assert all(name in text for name in required)
    assert (server.asked == []) == bool(required)


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: one.name)
def test_sources_are_described(source):
    assert source.base_url.startswith("https://")
    assert source.page.startswith("https://")
    assert source.licence == "" or source.licence in known_licences()
    assert source.terms
    assert bool(source.caveat_en) == bool(source.caveat_ru)
    assert _read_base_url(source, {}) == source.base_url


def test_mirrors_must_be_https_or_on_this_computer():
    source = SOURCES[0]
    assert (
        _read_base_url(source, {source.url_variable: "https://mirror.example.org/a/"}) == "https://mirror.example.org/a"
    )
    for wrong in ("http://mirror.example.org", "ftp://127.0.0.1", "mirror.example.org"):
        with pytest.raises(FetchError, match="expected an https address"):
            _read_base_url(source, {source.url_variable: wrong})
