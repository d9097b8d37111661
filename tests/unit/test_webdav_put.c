/* Puts to WebDAV servers that lie, forget and refuse. */

#include "lib/test.h"

#include <string.h>

#include "lib/dav_server.h"

/* ---- putting ---- */

#define TAKEN                                                                  \
	{                                                                      \
		"PUT /bk/x.part ", DONE("201 Created"), 0                      \
	}
#define KEPT                                                                   \
	{                                                                      \
		"HEAD /bk/x.part ", SIZED("5"), 1                              \
	}

static void a_put_is_three_requests(void **state)
{
	/* clang-format off */
	static const struct said well[] = {
		ROOT, TAKEN, KEPT,
		{"MOVE /bk/x.part ", DONE("201 Created"), 0}, THE_END};
	/* clang-format on */

	(void)state;
	dav_begin(well);
	assert_int_equal(dav_put("x"), 0);
	dav_assert_heard(
		"PUT /bk/x.part 5 (Authorization: Basic)\n"
		"HEAD /bk/x.part 0 (Authorization: Basic)\n"
		"MOVE /bk/x.part 0 (Overwrite: F) "
		"(Authorization: Basic)\n");
	dav_end();
}

static void a_put_that_is_broken_off_takes_its_part_away(void **state)
{
	/* clang-format off */
	static const struct said script[] = {
		ROOT, TAKEN, {"DELETE /bk/x.part ", DONE("204 Gone"), 0},
		THE_END};
	/* clang-format on */
	struct bk_put *put = NULL;

	(void)state;
	dav_begin(script);
	assert_int_equal(bk_target_put_begin(dav, "x", 5, &put, &dav_err), 0);
	bk_put_abort(put);
	assert_non_null(strstr(bk_buf_text(&dav_heard), "DELETE /bk/x.part 0"));
	dav_end();
}

static void what_was_not_kept_is_not_renamed(void **state)
{
	/* clang-format off */
	static const struct {
		const char *put, *head;
		enum bk_kind kind;
		const char *text;
	} lies[] = {
		{DONE("200 OK"), DONE("404 No"), BK_LOST, "took it, but"},
		{DONE("201 OK"), SIZED("4"), BK_LOST, "keeps 4 bytes of 5"},
		{DONE("201 OK"), SIZED("6"), BK_LOST, "keeps 6 bytes of 5"},
		{DONE("204 OK"), PAGE, BK_DENIED, "a web page"},
		{DONE("201 OK"), NULL, BK_LOST, ""},
		{PAGE, SIZED("5"), BK_DENIED, "a web page"},
		{NULL, SIZED("5"), BK_LOST, ""},
		{DONE("202 Later"), SIZED("5"), BK_FAILED, "HTTP 202"},
		{DONE("302 There"), SIZED("5"), BK_DENIED, "redirect to"},
		{DONE("401 No"), SIZED("5"), BK_DENIED, "password"},
		{DONE("405 No"), SIZED("5"), BK_DENIED, "no WebDAV"},
		{DONE("409 No"), SIZED("5"), BK_LOST, "is gone"},
		{DONE("413 Big"), SIZED("5"), BK_FAILED, "larger files"},
		{DONE("507 Full"), SIZED("5"), BK_FULL, "no room"},
		{SAY("503 Busy", "Retry-After: 9\r\n", ""), SIZED("5"),
		 BK_BUSY, "503"},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		const struct said lie[] = {
			ROOT,
			{"PUT /bk/x.part ",    lies[i].put,         0},
			{"HEAD /bk/x.part ",   lies[i].head,        0},
			{"DELETE /bk/x.part ", DONE("204 Gone"),    0},
			{"MOVE ",              DONE("201 Created"), 0},
			THE_END
                };
		dav_begin(lie);
		dav_failed_with(dav_put("x"), lies[i].kind, lies[i].text);
		assert_null(strstr(bk_buf_text(&dav_heard), "MOVE"));
		assert_int_equal(dav_err.retry_after_s,
				 dav_err.kind == BK_BUSY ? 9 : 0);
		dav_end();
	}
}

static void a_rename_whose_answer_is_lost_is_looked_for(void **state)
{
	static const char *const answers[] = {
		NULL, DONE("404 No"), DONE("502 Bad"), DONE("200 Well"), PAGE};
	/* clang-format off */
	struct said done[] = {ROOT,
			      TAKEN,
			      KEPT,
			      {"MOVE ", NULL, 0},
			      {"HEAD /bk/x ", SIZED("5"), 0},
			      {"HEAD /bk/x.part ", DONE("404 No"), 0},
			      THE_END};
	/* clang-format on */
	/* clang-format off */
	static const struct said undone[] = {
		ROOT,
		TAKEN,
		KEPT,
		{"MOVE ", NULL, 0},
		{"HEAD /bk/x ", DONE("404 No"), 0},
		THE_END};
	/* clang-format on */
	/* clang-format off */
	static const struct said half[] = {
		ROOT,
		TAKEN,
		KEPT,
		{"MOVE ", NULL, 0},
		{"HEAD /bk/x ", SIZED("4"), 0},
		{"HEAD /bk/x.part ", DONE("404 No"), 0},
		THE_END};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		done[3].says = answers[i];
		dav_begin(done);
		if (dav_put("x") < 0)
			fail_msg("%s", dav_err.text);
		dav_end();
	}
	dav_begin(undone);
	dav_failed_with(dav_put("x"), BK_LOST, "");
	dav_end();
	dav_begin(half);
	dav_failed_with(dav_put("x"), BK_LOST, "");
	dav_end();
}

static void a_name_that_is_there_is_never_overwritten(void **state)
{
	/* clang-format off */
	struct said there[] = {
		ROOT,
		TAKEN,
		{"HEAD /bk/x.part ", SIZED("5"), 0},
		{"MOVE ", DONE("412 No"), 0},
		{"HEAD /bk/x ", SIZED("5"), 0},
		{"GET /bk/x.part ",
		 SAY("200 OK", "Content-Length: 5\r\n", "hello"), 0},
		{"GET /bk/x ", SAY("200 OK", "Content-Length: 5\r\n", "hello"),
		 0},
		{"DELETE /bk/x.part ", DONE("204 Gone"), 0},
		THE_END};
	/* clang-format on */

	(void)state;
	/* The same bytes: an earlier try of ours. */
	dav_begin(there);
	if (dav_put("x") < 0)
		fail_msg("%s", dav_err.text);
	assert_non_null(strstr(bk_buf_text(&dav_heard), "DELETE /bk/x.part "));
	dav_end();
	there[6].says = SAY("200 OK", "Content-Length: 5\r\n", "jello");
	dav_begin(there);
	dav_failed_with(dav_put("x"), BK_EXISTS, "other bytes");
	dav_end();
	there[4].says = SIZED("6");
	dav_begin(there);
	dav_failed_with(dav_put("x"), BK_EXISTS, "other bytes");
	assert_null(strstr(bk_buf_text(&dav_heard), "DELETE /bk/x "));
	dav_end();
}

static void where_nothing_is_renamed_blobs_go_to_their_names(void **state)
{
	/* clang-format off */
	struct said append[] = {ROOT,
				TAKEN,
				KEPT,
				{"MOVE ", DONE("405 No"), 0},
				{"DELETE ", DONE("403 No"), 0},
				{"PUT /bk/x ", DONE("201 Created"), 0},
				{"HEAD /bk/x ", SIZED("5"), 0},
				THE_END};
	/* clang-format on */

	(void)state;
	dav_begin(append);
	dav_failed_with(dav_put("x"), BK_LOST, "renames nothing");
	dav_heard.len = 0;
	assert_int_equal(dav_put("x"), 0);
	dav_assert_heard(
		"PUT /bk/x 5 (If-None-Match: *) (Authorization: Basic)\n"
		"HEAD /bk/x 0 (Authorization: Basic)\n");
	append[5].says = DONE("412 There");
	dav_heard.len = 0;
	dav_failed_with(dav_put("x"), BK_EXISTS, "there already");
	dav_assert_heard(
		"PUT /bk/x 5 (If-None-Match: *) (Authorization: "
		"Basic)\n");
	dav_end();
}

static void folders_are_made_but_never_the_targets_own(void **state)
{
	/* clang-format off */
	static const struct said deep[] = {
		ROOT,
		{"MKCOL /bk/data/1/ ", DONE("409 No"), 1},
		{"MKCOL /bk/data/1/ ", DONE("201 Made"), 1},
		{"MKCOL /bk/data/ ", DONE("201 Made"), 0},
		{"PUT /bk/data/1/", DONE("201 Created"), 0},
		{"HEAD /bk/data/1/", SIZED("5"), 0},
		{"MOVE ", DONE("201 Created"), 0},
		THE_END};
	/* clang-format on */
	/* clang-format off */
	static const struct said gone[] = {
		ROOT, {"MKCOL /bk/data/ ", DONE("409 No"), 0}, THE_END};
	/* clang-format on */

	(void)state;
	dav_begin(deep);
	assert_int_equal(dav_put("data/1/x"), 0);
	dav_heard.len = 0;
	assert_int_equal(dav_put("data/1/y"), 0);
	assert_null(strstr(bk_buf_text(&dav_heard), "MKCOL"));
	dav_end();
	dav_begin(gone);
	dav_failed_with(dav_put("data/x"), BK_FAILED, "is not there");
	dav_assert_heard("MKCOL /bk/data/ 0 (Authorization: Basic)\n");
	dav_end();
}

#define CHALLENGE                                                              \
	SAY("401 Who",                                                         \
	    "Content-Length: 0\r\nWWW-Authenticate: Digest "                   \
	    "realm=\"bk\", nonce=\"n\", qop=\"auth\"\r\n",                     \
	    "")

static void with_digest_a_body_goes_once(void **state)
{
	/* clang-format off */
	static const struct said digest[] = {
		{"PROPFIND /bk/ ", CHALLENGE, 1},
		ROOT,
		{"PUT /bk/x.part ", CHALLENGE, 1},
		TAKEN,
		{"HEAD /bk/x.part ", CHALLENGE, 1},
		KEPT,
		{"MOVE ", CHALLENGE, 1},
		{"MOVE ", DONE("201 Created"), 0},
		THE_END};
	/* clang-format on */

	(void)state;
	dav_begin(digest);
	if (dav_put("x") < 0)
		fail_msg("%s", dav_err.text);
	dav_assert_heard(
		"PUT /bk/x.part 0\n"
		"PUT /bk/x.part 5 (Authorization: Digest)\n"
		"HEAD /bk/x.part 0\n"
		"HEAD /bk/x.part 0 (Authorization: Digest)\n"
		"MOVE /bk/x.part 0 (Overwrite: F)\n"
		"MOVE /bk/x.part 0 (Overwrite: F) "
		"(Authorization: Digest)\n");
	dav_end();
}

static void a_server_that_goes_after_the_challenge_is_lost(void **state)
{
	/* clang-format off */
	static const struct said digest[] = {
		{"PROPFIND /bk/ ", CHALLENGE, 1},
		{"PROPFIND /bk/ ", NULL, 0},
		THE_END};
	/* clang-format on */

	(void)state;
	dav_failed_with(dav_begin_as(digest, false), BK_LOST, "");
	dav_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_put_is_three_requests),
		cmocka_unit_test(a_put_that_is_broken_off_takes_its_part_away),
		cmocka_unit_test(what_was_not_kept_is_not_renamed),
		cmocka_unit_test(a_rename_whose_answer_is_lost_is_looked_for),
		cmocka_unit_test(a_name_that_is_there_is_never_overwritten),
		cmocka_unit_test(
			where_nothing_is_renamed_blobs_go_to_their_names),
		cmocka_unit_test(folders_are_made_but_never_the_targets_own),
		cmocka_unit_test(with_digest_a_body_goes_once),
		cmocka_unit_test(
			a_server_that_goes_after_the_challenge_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, dav_drop);
}
