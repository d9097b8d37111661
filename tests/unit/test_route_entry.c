/* Entries of a transport map, and what lies in a queue for an address. */

#include "lib/test.h"

#include <string.h>

#include "route/route_entry.h"
#include "route/route_queue.h"

static struct bk_view view(const char *text)
{
	return (struct bk_view){(const uint8_t *)text, strlen(text)};
}

static void has(const char *text, const char *value)
{
	struct bk_route_entry entry;

	if (!bk_route_entry_find(view(text), "ann@a.test", &entry)) {
		assert_null(value);
		return;
	}
	assert_non_null(value);
	assert_true(bk_route_entry_says(entry.value, view(value)));
}

static void an_entry_is_found_as_postmap_finds_it(void **state)
{
	(void)state;
	has("ann@a.test lmtp:x\n", "lmtp:x");
	has("ann@a.test\tlmtp:x  \r\n", "lmtp:x");
	has("ANN@a.Test lmtp:x", "lmtp:x");
	has("bob@a.test x:\nann@a.test a:\nann@a.test b:\n", "a:");
	has("ann@a.test", "");
	has("# ann@a.test x:\n", NULL);
	has("ann@a.testing x:\njoann@a.test y:\n", NULL);
	/* The second line goes on with the first. */
	has("bob@a.test x:\n ann@a.test y:\n", NULL);
	has("ann@a.test\n# between\n\n  lmtp:x\nbob@a.test y:\n",
	    "# between\n\n  lmtp:x");
	has("", NULL);
}

/* put, put away and put back as it was. */
static void comes_back(const char *text)
{
	struct bk_buf held = {0}, back = {0};
	struct bk_route_entry entry;
	struct bk_view was = {0};

	if (bk_route_entry_find(view(text), "ann@a.test", &entry))
		was = (struct bk_view){(const uint8_t *)text + entry.start,
				       entry.end - entry.start};
	bk_route_entry_put(view(text), "ann@a.test", view("ann@a.test\thold:"),
			   &held);
	assert_true(
		bk_route_entry_find(bk_buf_view(&held), "ann@a.test", &entry));
	assert_true(bk_route_entry_says(entry.value, view("hold:")));
	bk_route_entry_put(bk_buf_view(&held), "ann@a.test", was, &back);
	assert_string_equal(bk_buf_text(&back), text);
	bk_buf_clear(&held);
	bk_buf_clear(&back);
}

static void all_other_bytes_stay(void **state)
{
	(void)state;
	comes_back("");
	comes_back("# only this");
	comes_back("# only this\n");
	comes_back("\n\n");
	comes_back("ann@a.test x:");
	comes_back("ann@a.test x:\n");
	comes_back("a@b c:\r\nann@a.test\tx:  \nd@e f:");
	comes_back("a@b c:\nann@a.test\n  x:\n# y\nd@e f:\n\n");
	comes_back("ann@a.test x:\nann@a.test y:\n");
	comes_back("a@b\n x\n");
}

static const char queue[] =
	"-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
	"4F1A2B3C4D*     300 Sun Nov 22 13:37:21  ann@a.test\n"
	"                                         bob@b.test\n"
	"                                         ann@a.test\n"
	"\n"
	"5F1A2B3C4D      300 Sun Nov 22 13:37:21  x@y.test\n"
	"              (moving ann@a.test)\n"
	"                                         Ann@A.test\n"
	"\n"
	"6F1A2B3C4D!     300 Sun Nov 22 13:37:21  x@y.test\n"
	"                                         ann@a.test\n"
	"\n"
	"7F1A2B3C4D*     300 Sun Nov 22 13:37:21  ann@a.test\n"
	"                                         joann@a.test\n"
	"\n"
	"8F1A2B3C4D      300 Sun Nov 22 13:37:21  x@y.test\n"
	"                                         ann@a.test\n"
	"              (moving ann@a.test)\n"
	"                                         bob@b.test\n"
	"\n"
	"9F1A2B3C4D      300 Sun Nov 22 13:37:21  x@y.test\n"
	"                                         ann+list@a.test\n"
	"\n"
	"-- 1 Kbytes in 6 Requests.\n";

static bool may_deliver(struct bk_view id, const char *reason)
{
	return bk_route_queue_may_deliver(view(queue), "ann@a.test", id,
					  reason);
}

static void the_queue_says_what_an_address_waits_for(void **state)
{
	struct bk_route_queued one;
	size_t at = 0;

	(void)state;
	assert_true(bk_route_queue_next(view(queue), "ann@a.test", &at, &one));
	assert_memory_equal(one.id.data, "4F1A2B3C4D", one.id.len);
	assert_true(one.active && !one.kept);
	assert_true(may_deliver(one.id, "moving"));
	assert_true(bk_route_queue_next(view(queue), "ann@a.test", &at, &one));
	assert_memory_equal(one.id.data, "5F1A2B3C4D", one.id.len);
	assert_true(!one.active && !one.kept);
	assert_false(may_deliver(one.id, "moving"));
	assert_true(may_deliver(one.id, "moved"));
	assert_true(bk_route_queue_next(view(queue), "ann@a.test", &at, &one));
	assert_true(!one.active && one.kept);
	assert_false(may_deliver(one.id, "moving"));
	assert_true(bk_route_queue_next(view(queue), "ann@a.test", &at, &one));
	assert_memory_equal(one.id.data, "8F1A2B3C4D", one.id.len);
	assert_true(may_deliver(one.id, "moving"));
	assert_true(bk_route_queue_next(view(queue), "ann@a.test", &at, &one));
	assert_memory_equal(one.id.data, "9F1A2B3C4D", one.id.len);
	assert_true(!one.exact && !one.active);
	assert_false(may_deliver(one.id, "moving"));
	assert_false(bk_route_queue_next(view(queue), "ann@a.test", &at, &one));
	at = 0;
	assert_false(bk_route_queue_next(view("Mail queue is empty\n"),
					 "ann@a.test", &at, &one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_found_as_postmap_finds_it),
		cmocka_unit_test(all_other_bytes_stay),
		cmocka_unit_test(the_queue_says_what_an_address_waits_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
