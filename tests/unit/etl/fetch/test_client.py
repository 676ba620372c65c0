import gzip
import json
import logging
import os
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest

from etl.fetch.cache import PART_DAYS, Cache, default_folder
from etl.fetch.client import ATTEMPTS, LONGEST_WAIT_SECONDS, MAX_REDIRECTS, Request, user_agent
from etl.fetch.errors import FetchError
from tests.fixtures.fetch_server import Answer, as_file, as_json, serve

ROWS = {"rows": list(range(500))}
BIG = bytes(range(256)) * 4000  # 1,024,000 bytes
SECRET = "s3cret key/+ü"


def ask(server, path="/a.bin", **options):
    return Request(server.url + path, **{"wanted": "any", "is_file": True, **options})


def failure(client, request):
    with pytest.raises(FetchError) as caught:
        client.get(request)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_body_comes_with_its_provenance(server, make_client):
    server.on("/a.json", as_json(ROWS, **{"ETag": '"v1"', "Last-Modified": "Mon, 04 May 2026 10:00:00 GMT"}))
    got = make_client().get(ask(server, "/a.json", wanted="json", params=[("q", "a b")]))
    assert got.json() == ROWS
    assert (got.url, got.etag, got.how) == (f"{server.url}/a.json?q=a+b", '"v1"', "new")
    assert (got.last_modified, got.accessed) == ("Mon, 04 May 2026 10:00:00 GMT", "2026-05-04T12:30:00Z")
    assert got.content_type == "application/json; charset=utf-8"
    assert got.bytes == got.path.stat().st_size
    assert server.asked[0].query == {"q": "a b"}
    assert server.asked[0].headers["user-agent"] == user_agent()
    assert user_agent().startswith("drivers-atlas/")


def test_unchanged_content_is_not_sent_again(server, make_client, clock):
    server.on("/a.bin", as_file(BIG))
    first = make_client().get(ask(server))
    clock.now += timedelta(days=1)
    second = make_client().get(ask(server))
    assert (second.how, second.sha256, second.accessed) == ("unchanged", first.sha256, "2026-05-05T12:30:00Z")
    assert server.asked[1].headers["if-none-match"] == '"v1"'


def test_a_date_serves_where_there_is_no_etag(server, make_client):
    date = "Mon, 04 May 2026 10:00:00 GMT"
    server.on("/a.bin", Answer(b"abc", headers={"Last-Modified": date}), Answer(status=304))
    make_client().get(ask(server))
    assert make_client().get(ask(server)).how == "unchanged"
    assert server.asked[1].headers["if-modified-since"] == date


def test_changed_content_replaces_the_known(server, make_client):
    server.on("/a.bin", as_file(b"old"), as_file(b"newer", '"v2"'))
    make_client().get(ask(server))
    second = make_client().get(ask(server))
    assert (second.how, second.path.read_bytes()) == ("new", b"newer")


def test_refresh_asks_without_conditions(server, make_client):
    server.on("/a.bin", as_file(BIG))
    make_client().get(ask(server))
    assert make_client(refresh=True).get(ask(server)).how == "new"
    assert "if-none-match" not in server.asked[1].headers


def test_offline_takes_the_cache_and_asks_nobody(server, make_client, clock):
    text = failure(make_client(offline=True), ask(server))
    assert "not in the cache" in text
    server.on("/a.bin", as_file(BIG))
    make_client().get(ask(server))
    clock.now += timedelta(days=9)
    known = make_client(offline=True).get(ask(server))
    assert (known.how, known.accessed, len(server.asked)) == ("cache", "2026-05-04T12:30:00Z", 1)


def test_a_damaged_cache_is_not_used(server, make_client):
    server.on("/a.bin", as_file(BIG))
    make_client().get(ask(server)).path.write_bytes(b"damaged")
    again = make_client().get(ask(server))
    assert (again.how, again.path.read_bytes()) == ("new", BIG)
    assert "if-none-match" not in server.asked[1].headers


def test_a_cut_file_is_resumed_by_range(server, make_client, clock):
    server.on("/a.bin", as_file(BIG, cuts=(300_000, 200_000)))
    got = make_client().get(ask(server))
    assert got.path.read_bytes() == BIG
    ranges = [asked.headers.get("range") for asked in server.asked]
    assert ranges[0] is None
    starts = [int(text.removeprefix("bytes=").rstrip("-")) for text in ranges[1:]]
    assert len(starts) == 2
    assert 0 < starts[0] <= 300_000
    assert starts[0] < starts[1] <= starts[0] + 200_000
    assert [asked.headers.get("if-range") for asked in server.asked] == [None, '"v1"', '"v1"']
    assert len(clock.waits) == 2


def test_the_next_run_resumes_what_the_last_left(server, make_client):
    server.on("/a.bin", as_file(BIG, cuts=(100_000,) * ATTEMPTS))
    assert "the connection ended early, 5 times" in failure(make_client(), ask(server))
    got = make_client().get(ask(server))
    assert got.path.read_bytes() == BIG
    assert int(server.asked[-1].headers["range"].removeprefix("bytes=").rstrip("-")) > 0


def test_a_file_that_changed_meanwhile_starts_anew(server, make_client):
    other = bytes(reversed(BIG))
    server.on("/a.bin", as_file(BIG, cuts=(300_000,)), as_file(other, '"v2"'))
    assert make_client().get(ask(server)).path.read_bytes() == other


def test_without_a_validator_nothing_is_resumed(server, make_client):
    server.on("/a.bin", as_file(BIG, etag=None, cuts=(300_000,)))
    assert make_client().get(ask(server)).path.read_bytes() == BIG
    assert "range" not in server.asked[1].headers


def test_a_rest_from_the_wrong_byte_is_not_joined(server, make_client):
    wrong = Answer(BIG[5:], 206, {"Content-Range": f"bytes 5-{len(BIG) - 1}/{len(BIG)}", "ETag": '"v1"'})
    server.on("/a.bin", as_file(BIG, cuts=(300_000,)), wrong, as_file(BIG))
    assert make_client().get(ask(server)).path.read_bytes() == BIG


def test_a_range_that_cannot_be_had_starts_anew(server, make_client):
    server.on("/a.bin", as_file(BIG, cuts=(300_000,)), Answer(status=416), as_file(BIG))
    assert make_client().get(ask(server)).path.read_bytes() == BIG


def test_packed_bodies_are_unpacked_and_never_resumed(server, make_client):
    body = b'{"rows": "' + b"x" * 200_000 + b'"}'
    server.on("/a.json", as_file(body, packed=True, cuts=(100,)))
    got = make_client().get(ask(server, "/a.json", wanted="json", is_file=False))
    assert got.path.read_bytes() == body
    assert [asked.headers.get("range") for asked in server.asked] == [None, None]


def test_a_broken_packed_body_is_one_line(server, make_client):
    packed = gzip.compress(b"x" * 1000)[:-20] + b"\0" * 20
    server.on("/a.json", Answer(packed, headers={"Content-Encoding": "gzip"}))
    assert "the compressed body is broken" in failure(make_client(), ask(server, "/a.json", is_file=False))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_failures_are_tried_again(server, make_client, clock, status):
    server.on("/a.bin", Answer(b"busy", status), Answer(b"busy", status), Answer(b"fine"))
    assert make_client().get(ask(server)).path.read_bytes() == b"fine"
    assert clock.waits == [1.0, 2.0]


def test_waits_double_and_vary_between_half_and_whole(server, make_client, clock):
    server.on("/a.bin", Answer(b"", 500))
    text = failure(make_client(jitter=lambda: 0.0), ask(server))
    assert "500 Internal Server Error, 5 times" in text
    assert clock.waits == [0.5, 1.0, 2.0, 4.0]


def test_retry_after_is_obeyed_as_seconds_and_as_a_date(server, make_client, clock):
    later = format_datetime(clock.now + timedelta(seconds=30), usegmt=True)
    server.on(
        "/a.bin", Answer(status=429, headers={"Retry-After": "7"}), Answer(status=503, headers={"Retry-After": later}),
        Answer(b"fine"),
    )  # fmt: skip
    make_client().get(ask(server))
    assert clock.waits == [7.0, 30.0]


def test_a_long_retry_after_ends_it_at_once(server, make_client, clock):
    server.on("/a.bin", Answer(status=429, headers={"Retry-After": str(int(LONGEST_WAIT_SECONDS) + 1)}))
    assert "asks to wait 121 seconds" in failure(make_client(), ask(server))
    assert (clock.waits, len(server.asked)) == ([], 1)


@pytest.mark.parametrize(
    ("status", "words"), [(400, "400 Bad Request"), (401, "401"), (403, "403 Forbidden"), (404, "404"), (299, "299")]
)
def test_refusals_are_final(server, make_client, clock, status, words):
    server.on("/a.bin", as_json({"error": "no such\nthing"}, status))
    text = failure(make_client(), ask(server, remedy="Do this."))
    assert words in text
    assert "no such" in text
    assert text.endswith("Do this.")
    assert (clock.waits, len(server.asked)) == ([], 1)


def test_a_web_page_is_not_quoted(server, make_client):
    assert "<" not in failure(make_client(), ask(server, "/nowhere"))


def test_no_network_is_one_line_that_names_the_copy(server, make_client):
    server.on("/a.bin", as_file(b"abc"))
    make_client().get(ask(server))
    known = ask(server)
    with serve() as gone:
        dead = gone.url
    text = failure(make_client(), Request(f"{dead}/a.bin", wanted="any"))
    assert "no connection (" in text
    assert "), 5 times. Check the network" in text
    assert "cache" not in text
    server.on("/a.bin", Answer(status=500))
    assert "A copy of 2026-05-04 is in the cache: --offline takes it." in failure(make_client(), known)


def test_redirects_are_followed_and_the_asked_address_recorded(server, make_client):
    server.on("/a.bin", Answer(status=302, headers={"Location": "/b.bin?signature=1"}))
    server.on("/b.bin", as_file(b"abc"))
    got = make_client().get(ask(server))
    assert (got.path.read_bytes(), got.url) == (b"abc", f"{server.url}/a.bin")


def test_redirects_have_an_end(server, make_client):
    server.on("/a.bin", Answer(status=301, headers={"Location": "/a.bin"}))
    assert f"more than {MAX_REDIRECTS} redirects" in failure(make_client(), ask(server))
    assert len(server.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize("target", ["http://example.org/a.bin", "ftp://example.org/a", "file:///etc/passwd"])
def test_a_redirect_away_from_https_is_refused(server, make_client, target):
    server.on("/a.bin", Answer(status=302, headers={"Location": target}))
    assert "only https is allowed" in failure(make_client(), ask(server))


@pytest.mark.parametrize("url", ["http://example.org/", "http://192.0.2.1/", "ftp://127.0.0.1/"])
def test_plain_http_is_refused(make_client, url):
    assert "only https is allowed" in failure(make_client(), Request(url))


def test_plain_http_to_this_computer_is_refused_unless_it_is_the_source(server, make_client):
    assert "only https is allowed" in failure(make_client(allow_plain_http=False), ask(server))
    assert server.asked == []


def test_keys_do_not_follow_a_redirect_to_another_host(server, make_client):
    with serve() as other:
        other.on("/b.bin", as_file(b"abc"))
        server.on("/a.bin", Answer(status=302, headers={"Location": f"{other.url}/b.bin"}))
        make_client().get(ask(server, secret_headers=[("X-Key", "abcdefgh")], secret_params=[("token", "abcdefgh")]))
        assert server.asked[0].headers["x-key"] == server.asked[0].query["token"] == "abcdefgh"
        assert "x-key" not in other.asked[0].headers
        assert other.asked[0].query == {}


def test_keys_are_in_no_message_log_or_cache(server, make_client, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    client = make_client(keys={"SOME_KEY": SECRET})
    request = ask(server, secret_params=[("token", SECRET)])
    server.on("/a.bin", lambda asked: Answer(json.dumps({"error": f"bad token {asked.query['token']}"}).encode(), 403))
    text = failure(client, request)
    assert "bad token <SOME_KEY>" in text
    assert "Check SOME_KEY" in text
    server.on("/a.bin", as_file(BIG, cuts=(100_000,) * ATTEMPTS))
    failure(client, request)
    client.get(request)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for form in (SECRET, "s3cret", "s3cret%20key"):
        assert form.encode() not in kept
        assert form not in caplog.text


def test_a_body_that_repeats_a_key_is_not_kept(server, make_client, tmp_path):
    server.on("/a.json", lambda asked: as_json({"next": f"/a?token={asked.query['token']}"}))
    text = failure(
        make_client(keys={"K": "abcdefgh"}),
        ask(server, "/a.json", wanted="json", secret_params=[("token", "abcdefgh")]),
    )
    assert "found your key in the body" in text
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_key_with_line_breaks_is_refused_without_being_shown(server, make_client):
    text = failure(make_client(), ask(server, secret_headers=[("X-Key", "abc\r\nX: 1")]))
    assert "abc" not in text
    assert server.asked == []


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_large_bodies_are_refused_before_they_fill_the_disk(server, make_client, tmp_path, headers):
    body = gzip.compress(b"x" * 3_000_000) if headers else b"x" * 3_000_000
    server.on("/a.bin", Answer(body, headers=headers))
    assert "larger than 2 MB" in failure(make_client(max_bytes=2_000_000), ask(server))
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_wrong_body_is_not_kept(server, make_client):
    server.on("/a.json", Answer(b"<html>down</html>", headers={"ETag": '"v1"'}), as_json(ROWS))
    request = ask(server, "/a.json", wanted="json", remedy="Wait.")
    text = failure(make_client(), request)
    assert "found a web page (HTML); expected JSON. Wait." in text
    assert make_client().get(request).json() == ROWS
    assert not {"range", "if-none-match"} & set(server.asked[1].headers)


def test_a_token_is_asked_for_by_form_and_not_kept(server, make_client, tmp_path):
    server.on("/token", Answer(status=500), as_json({"access_token": "t"}))
    answer = make_client().post_form(f"{server.url}/token", {"username": "a@b.c", "password": "p&p"}, "Check.")
    assert answer == {"access_token": "t"}
    assert server.asked[1].body == "username=a%40b.c&password=p%26p"
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (as_json({"error": "invalid_grant"}, 400), "invalid_grant"),
        (Answer(b"<html>"), "not JSON"),
        (as_json([1]), "found list"),
        (Answer(status=302, headers={"Location": "/other"}), "302 Found"),
    ],
)
def test_a_token_that_is_refused_is_one_line(server, make_client, answer, words):
    server.on("/token", answer)
    with pytest.raises(FetchError, match=words):
        make_client().post_form(f"{server.url}/token", {"password": "p"}, "Check it.")


def test_old_unfinished_parts_are_removed(tmp_path):
    store = Cache(tmp_path)
    old, young = tmp_path / "parts" / "old.part", tmp_path / "parts" / "young.part"
    for path in (old, young):
        path.write_bytes(b"x")
    past = time.time() - (PART_DAYS + 1) * 86_400
    os.utime(old, (past, past))
    store.claim_part("https://example.org")
    assert (old.exists(), young.exists()) == (False, True)


def test_the_cache_is_for_its_user_alone(tmp_path):
    Cache(tmp_path / "new" / "cache")
    if os.name == "posix":
        assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new/cache").rglob("*")} == {0}
    assert "drivers-atlas" in default_folder().parts


def test_two_processes_never_share_a_part(tmp_path):
    store = Cache(tmp_path)
    part = store.claim_part("https://example.org/a")
    part.path.write_bytes(b"abc")
    part.validator = '"v1"'
    store.leave_part("https://example.org/a", part)
    first, second = store.claim_part("https://example.org/a"), store.claim_part("https://example.org/a")
    assert (first.size, first.validator) == (3, '"v1"')
    assert (second.size, second.validator) == (0, None)
