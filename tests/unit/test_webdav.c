/* Listings of WebDAV servers that lie, forget and refuse, and what a server is
 * taken for. */

#include "lib/test.h"

#include <string.h>

#include "lib/dav_server.h"

/* ---- listing ---- */

static int list(const char *folder, struct bk_blob_list *out)
{
	dav_err = (struct bk_err){0};
	return bk_target_list(dav, folder, out, &dav_err);
}

static void a_listing_that_lies_is_none(void **state)
{
	/* clang-format off */
	static const struct {
		const char *says;
		enum bk_kind kind;
		const char *text;
	} lies[] = {
		{PAGE, BK_DENIED, "a web page"},
		{SAY("200 OK", "", "<multistatus xmlns='DAV:'/>"), BK_FAILED,
		 "HTTP 200"},
		{SAY("207 Multi", "Content-Length: 999\r\n",
		     "<multistatus xmlns='DAV:'></multistatus>"),
		 BK_LOST, ""},
		{SAY("207 Multi", "",
		     "<multistatus xmlns='DAV:'>" FOLDER("/bk/data/")),
		 BK_LOST, "not complete"},
		{SAY("207 Multi", "", ""), BK_LOST, "not complete"},
		{LISTED(BLOB("/bk/data/x")), BK_CORRUPT, "another folder"},
		{LISTED(FOLDER("/bk/data/") BLOB("/bk/x")), BK_CORRUPT,
		 "none of it"},
		{LISTED(FOLDER("/bk/data/") BLOB("/bk/data/x")
				BLOB("/bk/data/x")),
		 BK_CORRUPT, "twice"},
		{DONE("403 No"), BK_DENIED, "403"},
		{DONE("500 No"), BK_LOST, "500"},
		{DONE("302 No"), BK_DENIED, "redirect"},
	};
	/* clang-format on */
	struct bk_blob_list blobs = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		const struct said lie[] = {
			ROOT,
			{"PROPFIND /bk/data/ ", lies[i].says, 0},
			THE_END
                };
		dav_begin(lie);
		dav_failed_with(list("data", &blobs), lies[i].kind,
				lies[i].text);
		assert_int_equal(blobs.n, 0);
		dav_end();
	}
}

static void a_folder_is_empty_only_if_the_target_is_there(void **state)
{
	/* clang-format off */
	static const struct said empty[] = {
		ROOT, {"PROPFIND /bk/data/ ", DONE("404 No"), 0}, THE_END};
	/* clang-format on */
	/* clang-format off */
	static const struct said gone[] = {
		{"PROPFIND /bk/ ", LISTED(FOLDER("/bk/")), 1},
		{"PROPFIND ", DONE("404 No"), 0},
		THE_END};
	/* clang-format on */
	struct bk_blob_list blobs = {0};

	(void)state;
	dav_begin(empty);
	assert_int_equal(list("data", &blobs), 0);
	assert_int_equal(blobs.n, 0);
	dav_end();
	dav_begin(gone);
	dav_failed_with(list("data", &blobs), BK_FAILED, "is gone");
	dav_failed_with(list("", &blobs), BK_FAILED, "is gone");
	dav_end();
}

static bool all(const char *name)
{
	(void)name;
	return true;
}

static void rests_are_swept_by_the_servers_clock(void **state)
{
	/* clang-format off */
	struct said sweep[] = {
		{"PROPFIND /bk/ ", LISTED(FOLDER("/bk/")), 1},
		{"PROPFIND /bk/ ",
		 SAY("207 Multi", "Date: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
		     "<multistatus xmlns='DAV:'>" FOLDER("/bk/")
			     BLOB("/bk/x.part") "</multistatus>"),
		 0},
		{"DELETE /bk/x.part ", DONE("204 Gone"), 0},
		THE_END};
	/* clang-format on */

	(void)state;
	dav_begin(sweep);
	assert_int_equal(bk_target_sweep(dav, 3600, all, &dav_err), 0);
	assert_null(strstr(bk_buf_text(&dav_heard), "DELETE"));
	assert_int_equal(bk_target_sweep(dav, 3599, all, &dav_err), 0);
	assert_non_null(strstr(bk_buf_text(&dav_heard), "DELETE /bk/x.part "));
	dav_end();
	/* Without a clock nothing is old. */
	sweep[1].says = LISTED(FOLDER("/bk/") BLOB("/bk/x.part"));
	dav_begin(sweep);
	assert_int_equal(bk_target_sweep(dav, 0, all, &dav_err), 0);
	assert_null(strstr(bk_buf_text(&dav_heard), "DELETE"));
	dav_end();
}

/* ---- removing ---- */

static void only_what_was_deleted_is_removed(void **state)
{
	/* clang-format off */
	static const struct {
		const char *says;
		enum bk_kind kind;
	} answers[] = {
		{DONE("204 Gone"), BK_OK},       {DONE("200 Gone"), BK_OK},
		{DONE("404 No"), BK_GONE},       {DONE("202 Later"), BK_FAILED},
		{DONE("207 Partly"), BK_FAILED}, {DONE("403 No"), BK_DENIED},
		{DONE("423 No"), BK_BUSY},       {PAGE, BK_DENIED},
		{NULL, BK_LOST},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct said said[] = {
			ROOT, {"DELETE /bk/x ", answers[i].says, 0},
                         THE_END
                };
		dav_begin(said);
		assert_int_equal(bk_target_remove(dav, "x", &dav_err),
				 answers[i].kind == BK_OK ? 0 : -1);
		assert_int_equal(dav_err.kind, answers[i].kind);
		/* Of a folder it would take all. */
		dav_assert_heard(
			"DELETE /bk/x 0 (Depth: 0) "
			"(Authorization: Basic)\n");
		dav_end();
	}
}

/* ---- opening ---- */

static void what_answers_decides_what_it_is(void **state)
{
	/* clang-format off */
	static const struct {
		const char *propfind, *head, *text;
		enum bk_kind kind, create;
	} servers[] = {
		{DONE("405 No"), SIZED("64"), "", BK_OK, BK_DENIED},
		{DONE("501 No"), SIZED("64"), "", BK_OK, BK_DENIED},
		{DONE("403 No"), SIZED("64"), "", BK_OK, BK_DENIED},
		{DONE("404 No"), SIZED("64"), "", BK_OK, BK_FAILED},
		{DONE("405 No"), DONE("404 No"), "", BK_GONE, BK_DENIED},
		{DONE("403 No"), DONE("403 No"), "", BK_DENIED, BK_DENIED},
		{DONE("404 No"), DONE("404 No"), "", BK_GONE, BK_FAILED},
		{DONE("405 No"), PAGE, "", BK_DENIED, BK_DENIED},
		{PAGE, PAGE, "web page", BK_DENIED, BK_DENIED},
		{DONE("301 There"), PAGE, "redirect", BK_DENIED, BK_DENIED},
		{LISTED(BLOB("/bk")), PAGE, "that of a file", BK_CORRUPT,
		 BK_CORRUPT},
		{DONE("503 No"), SIZED("64"), "503", BK_BUSY, BK_BUSY},
		{NULL, SIZED("64"), "", BK_LOST, BK_LOST},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		const struct said said[] = {
			{"PROPFIND /bk/ ",   servers[i].propfind, 0},
			{"HEAD /bk/bkrepo ", servers[i].head,     0},
			THE_END
                };
		for (int create = 0; create < 2; create++) {
			int rc = dav_begin_as(said, create);
			enum bk_kind want =
				create ? servers[i].create : servers[i].kind;
			if (rc < 0)
				dav_failed_with(rc, want, servers[i].text);
			else
				assert_int_equal(want, BK_OK);
			dav_end();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listing_that_lies_is_none),
		cmocka_unit_test(a_folder_is_empty_only_if_the_target_is_there),
		cmocka_unit_test(rests_are_swept_by_the_servers_clock),
		cmocka_unit_test(only_what_was_deleted_is_removed),
		cmocka_unit_test(what_answers_decides_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, dav_drop);
}
