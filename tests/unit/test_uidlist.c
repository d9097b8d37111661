/* Lists of UIDs as Dovecot and Courier write them, and as nobody should. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/dice.h"
#include "lib/scratch.h"
#include "store/uidlist.h"

static struct world {
	struct scratch scratch;
	struct bk_uidlist_reader reader;
	struct bk_uidlist_row row;
	struct bk_err err;
} w;

static int begin(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.reader.fd = -1;
	scratch_make(&w.scratch);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_uidlist_close(&w.reader);
	scratch_drop(&w.scratch);
	return 0;
}

static int open_text(const char *text)
{
	bk_uidlist_close(&w.reader);
	scratch_file(&w.scratch, "l", text);
	return bk_uidlist_open(&w.reader, w.scratch.dir, "l", &w.err);
}

static bool next(void)
{
	int rc = bk_uidlist_next(&w.reader, &w.row, &w.err);

	if (rc < 0)
		fail_msg("%s", w.err.text);
	return rc > 0;
}

static bool is(struct bk_view view, const char *text)
{
	return view.len == strlen(text) &&
	       (!view.len || memcmp(view.data, text, view.len) == 0);
}

static void version_3_is_read(void **state)
{
	static const uint8_t guid[16] = {0x71, 0xfa, 0x41, 0x1c, 0x7b, 0x02,
					 0x02, 0x6b, 0xba, 0x7e, 0x00, 0x00,
					 0x83, 0xec, 0xc3, 0x75};
	(void)state;
	assert_int_equal(open_text("3 V1795293821 N26 "
				   "G71fa411c7b02026bba7e000083ecc375 Xnew\n"
				   "1 :a.b,S=1:2,S\n"
				   "7 W3134 Pabc :c\n"
				   "30 :d e:f\n"),
			 1);
	assert_int_equal(w.reader.header.uid_validity, 1795293821);
	assert_true(w.reader.header.has_guid);
	assert_memory_equal(w.reader.header.guid, guid, 16);
	assert_true(next());
	assert_int_equal(w.row.uid, 1);
	assert_true(is(w.row.base, "a.b,S=1"));
	assert_true(is(w.row.fields, ""));
	assert_true(next());
	assert_int_equal(w.row.uid, 7);
	assert_true(is(w.row.base, "c"));
	assert_true(is(w.row.fields, "W3134 Pabc"));
	assert_true(is(bk_uidlist_field(w.row.fields, 'P'), "abc"));
	assert_true(is(bk_uidlist_field(w.row.fields, 'W'), "3134"));
	assert_true(is(bk_uidlist_field(w.row.fields, 'G'), ""));
	assert_true(next());
	assert_true(is(w.row.base, "d e"));
	assert_int_equal(w.reader.header.uid_next, 31);
	assert_false(next());
	assert_int_equal(w.reader.n_bad, 0);
}

static void version_1_and_couriers_list_are_read(void **state)
{
	(void)state;
	assert_int_equal(open_text("1 1000 5\n1 a:2,S\n4 b,S=3\n"), 1);
	assert_int_equal(w.reader.header.uid_validity, 1000);
	assert_int_equal(w.reader.header.uid_next, 5);
	assert_true(next());
	assert_true(is(w.row.base, "a"));
	assert_true(next());
	assert_int_equal(w.row.uid, 4);
	assert_true(is(w.row.base, "b,S=3"));
	assert_false(next());
	assert_int_equal(w.reader.header.uid_next, 5);
}

static void a_line_without_its_end_is_not_there_yet(void **state)
{
	(void)state;
	assert_int_equal(open_text("3 V1 N1\n1 :a\n2 :hal"), 1);
	assert_true(next());
	assert_false(next());
	assert_int_equal(w.reader.header.uid_next, 2);
	assert_int_equal(open_text("3 V1 N"), 0);
	assert_int_equal(open_text(""), 0);
}

static void a_broken_header_is_no_list(void **state)
{
	static const char *const texts[] = {"\n",
					    "4 V1 N1\n",
					    "3\n",
					    "3 V0 N1\n",
					    "3 V1\n",
					    "3 Vx N1\n",
					    "3 V1 N1 Gzz\n",
					    "1 5\n",
					    "1 x 1\n",
					    "V1 N1\n",
					    "3 V4294967296 N1\n"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(open_text(texts[i]), 0);
	assert_int_equal(
		bk_uidlist_open(&w.reader, w.scratch.dir, "none", &w.err), 0);
}

static void lines_that_make_no_sense_are_passed_over(void **state)
{
	(void)state;
	assert_int_equal(open_text("3 V1 N9\n"
				   "0 :zero\n"
				   "2 :two\n"
				   "2 :again\n"
				   "1 :back\n"
				   "x :y\n"
				   "3 \n"
				   "3 :\n"
				   "3 :../x\n"
				   "3 ::2,S\n"
				   "4294967295 :last\n"
				   "99999999999 :long\n"
				   "5 :five\n"),
			 1);
	assert_true(next());
	assert_int_equal(w.row.uid, 2);
	assert_true(is(w.row.base, "two"));
	assert_true(next());
	assert_int_equal(w.row.uid, 5);
	assert_false(next());
	assert_int_equal(w.reader.n_bad, 10);
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(w.scratch.dir, "fifo", 0600), 0);
	assert_int_equal(
		bk_uidlist_open(&w.reader, w.scratch.dir, "fifo", &w.err), -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
	scratch_link(&w.scratch, "link", "/etc/passwd");
	assert_int_equal(
		bk_uidlist_open(&w.reader, w.scratch.dir, "link", &w.err), -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
}

static void what_is_written_is_read_back(void **state)
{
	struct bk_uidlist_header header = {
		7, 500000, {1, 2, 0xff},
                  true
        };
	struct bk_buf text = {0};
	char base[40];

	(void)state;
	for (int courier = 0; courier < 2; courier++) {
		text.len = 0;
		bk_uidlist_add_header(&text, &header, courier);
		/* Longer than what is read at a time. */
		for (uint32_t uid = 1; uid < 40000; uid++) {
			snprintf(base, sizeof(base), "%u.M%u.host", uid * 3,
				 uid);
			struct bk_uidlist_row row = {
				.uid = uid * 3,
				.base = {(uint8_t *)base, strlen(base)}
                        };
			if (uid % 7 == 0)
				row.fields = (struct bk_view){
					(const uint8_t *)"Px W1", 5};
			bk_uidlist_add_row(&text, &row, courier);
		}
		assert_int_equal(open_text(bk_buf_text(&text)), 1);
		assert_int_equal(w.reader.header.has_guid, !courier);
		for (uint32_t uid = 1; uid < 40000; uid++) {
			assert_true(next());
			assert_int_equal(w.row.uid, uid * 3);
			snprintf(base, sizeof(base), "%u.M%u.host", uid * 3,
				 uid);
			assert_true(is(w.row.base, base));
			assert_true(is(w.row.fields, uid % 7 == 0 && !courier
							     ? "Px W1"
							     : ""));
		}
		assert_false(next());
		assert_int_equal(w.reader.n_bad, 0);
	}
	bk_buf_clear(&text);
}

/* Nothing that a user may write there harms us. */
static void any_bytes_are_read_without_harm(void **state)
{
	static const char letters[] = "0123456789 :VNGPW\n\n\nabc/.";
	struct dice dice = {3};
	char text[400];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		size_t len = dice_below(&dice, sizeof(text) - 12);
		memcpy(text, "3 V1 N1\n", 8);
		for (size_t k = 0; k < len; k++)
			text[8 + k] =
				letters[dice_below(&dice, sizeof(letters) - 1)];
		text[8 + len] = 0;
		uint32_t last = 0;
		assert_int_equal(open_text(text), 1);
		while (next()) {
			assert_true(w.row.uid > last);
			assert_true(w.row.base.len > 0);
			last = w.row.uid;
		}
		assert_true(w.reader.header.uid_next > last);
	}
}

int main(void)
{
#define WORLD(t) cmocka_unit_test_setup_teardown(t, begin, end)
	const struct CMUnitTest tests[] = {
		WORLD(version_3_is_read),
		WORLD(version_1_and_couriers_list_are_read),
		WORLD(a_line_without_its_end_is_not_there_yet),
		WORLD(a_broken_header_is_no_list),
		WORLD(lines_that_make_no_sense_are_passed_over),
		WORLD(what_is_no_file_is_refused),
		WORLD(what_is_written_is_read_back),
		WORLD(any_bytes_are_read_without_harm),
	};
	return cmocka_run_group_tests_name("uidlist", tests, NULL, NULL);
}
