/* Which set is meant by what a person types. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "job/choose.h"

static struct bk_set_info_list sets;
static struct bk_choice choice;
static struct bk_err err;
static const uint8_t mx1[BK_ID_LEN] = {0x11}, mx2[BK_ID_LEN] = {0x22};
static const uint8_t nobody[BK_ID_LEN];

static int64_t seconds_of(const char *time)
{
	struct bk_err why = {0};
	int64_t out = 0;

	if (bk_parse_time(time, 0, &out, &why) < 0)
		fail_msg("%s", why.text);
	return out;
}

/* In ascending order of times; `last` tells identifiers apart. */
static struct bk_set_info *add(const char *time, uint8_t last,
			       enum bk_set_kind kind, const char *host,
			       const char *store)
{
	uint8_t random[BK_ID_RANDOM_LEN];

	memset(random, last, sizeof(random));
	sets.items = bk_array_room(sets.items, sets.n, &sets.cap,
				   sizeof(*sets.items));
	struct bk_set_info *info = &sets.items[sets.n++];
	*info = (struct bk_set_info){0};
	bk_setid_make(info->id, seconds_of(time) * 1000, random);
	info->root.kind = kind;
	info->root.host_name = host;
	info->root.store_name = store;
	if (host)
		memcpy(info->root.host, strcmp(host, "mx1") == 0 ? mx1 : mx2,
		       BK_ID_LEN);
	return info;
}

static void add_broken(const char *time)
{
	struct bk_set_info *info = add(time, 0xee, BK_SET_FULL, NULL, NULL);

	info->root.kind = 0;
	info->broken = bk_strdup("sets/...: wrong seal");
}

/* Two hosts, one store each, the second host with two. */
static int two_hosts(void **state)
{
	(void)state;
	bk_set_info_list_clear(&sets);
	choice = (struct bk_choice){.at = BK_NO_TIME};
	err = (struct bk_err){0};
	add("20261114T220003", 0xa0, BK_SET_FULL, "mx1", "mail");
	add("20261114T220004", 0xb0, BK_SET_FULL, "mx2", "mail");
	add("20261119T123005", 0xa1, BK_SET_DIFFERENTIAL, "mx1", "mail");
	add("20261119T123045", 0xa2, BK_SET_DIFFERENTIAL, "mx1", "mail");
	add("20261120T063000", 0xb1, BK_SET_FULL, "mx2", "lists");
	return 0;
}

/* The set is the one whose random bytes are `last`. */
static void means(const char *word, const uint8_t *host, uint8_t last)
{
	const struct bk_set_info *info = NULL;

	choice.word = word;
	if (bk_choose_set(&sets, &choice, host, &info, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(info->id[BK_ID_LEN - 1], last);
}

static void fails(const char *word, const uint8_t *host, enum bk_kind kind,
		  const char *text)
{
	const struct bk_set_info *info = NULL;

	choice.word = word;
	err = (struct bk_err){0};
	assert_int_equal(bk_choose_set(&sets, &choice, host, &info, &err), -1);
	assert_int_equal(err.kind, kind);
	assert_string_equal(err.text, text);
}

static void latest_is_the_newest_of_this_host(void **state)
{
	(void)state;
	means("latest", mx1, 0xa2);
	means(NULL, mx1, 0xa2);
}

static void with_several_stores_one_must_be_named(void **state)
{
	(void)state;
	fails("latest", mx2, BK_MISUSE,
	      "sets of which store? add --store with one of: mail (1 set), "
	      "lists (1 set)");
	choice.store = "mail";
	means("latest", mx2, 0xb0);
	choice.store = NULL;
	choice.usual_store = "lists";
	means("latest", mx2, 0xb1);
	choice.usual_store = "neither";
	fails("latest", mx2, BK_MISUSE,
	      "sets of which store? add --store with one of: mail (1 set), "
	      "lists (1 set)");
}

static void a_host_without_sets_must_name_one_of_several(void **state)
{
	(void)state;
	fails("latest", nobody, BK_MISUSE,
	      "sets of which host? add --host with one of: mx1 (3 sets), mx2 "
	      "(2 sets)");
	choice.host = "mx1";
	means("latest", nobody, 0xa2);
	choice.host = "1100";
	means("latest", nobody, 0xa2);
	choice.host = "mx3";
	fails("latest", nobody, BK_GONE,
	      "no set of host 'mx3'; there are: mx1 (3 sets), mx2 (2 sets)");
}

/* The machine is new, the repository is its predecessor's. */
static void the_only_host_need_not_be_named(void **state)
{
	(void)state;
	sets.n = 1;
	means("latest", nobody, 0xa0);
	means("latest", mx2, 0xa0);
}

static void at_takes_the_newest_not_later(void **state)
{
	(void)state;
	choice.at = seconds_of("20261119T123044");
	means("latest", mx1, 0xa1);
	choice.at = seconds_of("20261119T123045");
	means("latest", mx1, 0xa2);
	choice.at = seconds_of("20261119T1230");
	means("latest", mx1, 0xa2);
	choice.at = seconds_of("20261119T1229");
	means(NULL, mx1, 0xa0);
	choice.at = seconds_of("20261114T2159");
	fails("latest", mx1, BK_GONE,
	      "no set as old as 2026-11-14T21:59:00Z; the oldest is "
	      "20261114T2200-f (01a1dc131eb8a0a0) of mail on mx1");
	fails("20261114T2200", mx1, BK_MISUSE,
	      "20261114T2200 and --at: which set? Give one of them, or "
	      "latest and --at");
}

/* The clock of mx1 went back between its second and its third set. */
static void latest_is_by_sequence_where_the_clock_went_back(void **state)
{
	(void)state;
	sets.items[0].root.sequence = 3; /* 20261114T220003 */
	sets.items[1].root.sequence = 9; /* of mx2 */
	sets.items[2].root.sequence = 1;
	sets.items[3].root.sequence = 2;
	means("latest", mx1, 0xa0);
	/* A moment asks for what had been made by then. */
	choice.at = seconds_of("20261119T123044");
	means("latest", mx1, 0xa0);
	sets.items[0].root.sequence = 2;
	sets.items[3].root.sequence = 3;
	means("latest", mx1, 0xa0);
	choice.at = BK_NO_TIME;
	means("latest", mx1, 0xa2);
}

/* A host that was set up again counts from 1 and keeps its name. */
static void sequences_of_different_hosts_are_not_compared(void **state)
{
	(void)state;
	choice.host = "mx1";
	sets.items[0].root.sequence = 7;
	memset(sets.items[0].root.host, 0x77, BK_ID_LEN);
	sets.items[2].root.sequence = 1;
	sets.items[3].root.sequence = 2;
	means("latest", mx1, 0xa2);
}

static void a_time_means_this_hosts_set(void **state)
{
	(void)state;
	means("20261114T2200", mx1, 0xa0);
	means("20261114T2200", mx2, 0xb0);
	means("20261114", mx2, 0xb0);
	means("20261114T220003", mx2, 0xa0);
	means("20261114T2200-f", mx1, 0xa0);
	choice.host = "mx2";
	means("20261114T2200", mx1, 0xb0);
}

static void more_than_one_is_an_error_that_lists_them(void **state)
{
	(void)state;
	fails("20261119T1230", mx1, BK_MISUSE,
	      "20261119T1230 may be any of: "
	      "20261119T1230-d (01a1f3c918c8a1a1) of mail on mx1, "
	      "20261119T1230-d (01a1f3c9b508a2a2) of mail on mx1");
	means("20261119T123045", mx1, 0xa2);
}

static void a_beginning_of_an_identifier_will_do(void **state)
{
	char hex[BK_ID_TEXT];

	(void)state;
	for (size_t i = 0; i < sets.n; i++) {
		bk_id_hex(hex, sets.items[i].id);
		means(hex, nobody, sets.items[i].id[BK_ID_LEN - 1]);
		hex[10] = 0;
		means(hex, nobody, sets.items[i].id[BK_ID_LEN - 1]);
	}
}

static void what_is_not_there_names_the_nearest(void **state)
{
	(void)state;
	fails("20261119T1231", mx1, BK_GONE,
	      "no set 20261119T1231; the nearest is "
	      "20261119T1230-d (01a1f3c9b508a2a2) of mail on mx1");
	fails("19990101T0000", mx1, BK_GONE,
	      "no set 19990101T0000; the nearest is "
	      "20261114T2200-f (01a1dc131eb8a0a0) of mail on mx1");
	fails("20261119T1230-f", mx1, BK_GONE,
	      "no set 20261119T1230-f; the nearest is "
	      "20261119T1230-d (01a1f3c918c8a1a1) of mail on mx1");
	fails("lastest", mx1, BK_MISUSE,
	      "'lastest' is no set: give latest (did you mean that?), a time "
	      "as 20261119T1230, or the beginning of an identifier that bk "
	      "list shows");
	fails("", mx1, BK_MISUSE,
	      "'' is no set: give latest, a time as 20261119T1230, or the "
	      "beginning of an identifier that bk list shows");
	sets.n = 0;
	fails("latest", mx1, BK_GONE, "there is no set yet; run: bk backup");
}

/* An older set must not be taken for the newest in silence. */
static void a_set_that_does_not_open_is_still_the_newest(void **state)
{
	(void)state;
	add_broken("20261121T063000");
	means("latest", mx1, 0xee);
	choice.store = "mail";
	means("latest", mx1, 0xee);
	choice.at = seconds_of("20261120T0000");
	means("latest", mx1, 0xa2);
	choice.at = BK_NO_TIME;
	means("20261121T0630", mx1, 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(latest_is_the_newest_of_this_host,
				       two_hosts),
		cmocka_unit_test_setup(with_several_stores_one_must_be_named,
				       two_hosts),
		cmocka_unit_test_setup(
			a_host_without_sets_must_name_one_of_several,
			two_hosts),
		cmocka_unit_test_setup(the_only_host_need_not_be_named,
				       two_hosts),
		cmocka_unit_test_setup(at_takes_the_newest_not_later,
				       two_hosts),
		cmocka_unit_test_setup(
			latest_is_by_sequence_where_the_clock_went_back,
			two_hosts),
		cmocka_unit_test_setup(
			sequences_of_different_hosts_are_not_compared,
			two_hosts),
		cmocka_unit_test_setup(a_time_means_this_hosts_set, two_hosts),
		cmocka_unit_test_setup(
			more_than_one_is_an_error_that_lists_them, two_hosts),
		cmocka_unit_test_setup(a_beginning_of_an_identifier_will_do,
				       two_hosts),
		cmocka_unit_test_setup(what_is_not_there_names_the_nearest,
				       two_hosts),
		cmocka_unit_test_setup(
			a_set_that_does_not_open_is_still_the_newest,
			two_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
