/*
 * sync/sync: an error says which end it came from, whatever fails; and counts
 * add up.
 */

#include "lib/sync_world.h"

#include <stdio.h>
#include <string.h>

/* ---- stores that break ---- */

static const struct bk_store_ops *real;
static unsigned acts, break_at;
static enum bk_end broke; /* the one that did */

static bool breaks(const struct bk_store *store)
{
	if (++acts != break_at)
		return false;
	broke = store == s.from ? BK_END_SOURCE : BK_END_DESTINATION;
	return true;
}

static int lost(struct bk_err *err)
{
	return bk_fail(err, BK_LOST, "folder INBOX: the session is over");
}

static int folders(struct bk_store *store, const struct bk_account *account,
		   struct bk_folder_list *out, struct bk_err *err)
{
	return breaks(store) ? lost(err)
			     : real->folders(store, account, out, err);
}

static int scan(struct bk_store *store, const struct bk_account *account,
		struct bk_folder *folder, struct bk_message_list *out,
		struct bk_err *err)
{
	return breaks(store) ? lost(err)
			     : real->scan(store, account, folder, out, err);
}

static int fetch(struct bk_store *store, const struct bk_account *account,
		 const struct bk_folder *folder, struct bk_message *msg,
		 struct bk_body *body, struct bk_err *err)
{
	return breaks(store)
		       ? lost(err)
		       : real->fetch(store, account, folder, msg, body, err);
}

static int begin(struct bk_store *store, const struct bk_account *account,
		 const struct bk_folder *folder, uint32_t gap,
		 struct bk_folder_writer **out, struct bk_err *err)
{
	return breaks(store)
		       ? lost(err)
		       : real->begin(store, account, folder, gap, out, err);
}

static int append(struct bk_folder_writer *writer, const struct bk_message *msg,
		  struct bk_sink **body, struct bk_err *err)
{
	return breaks(s.to) ? lost(err) : real->append(writer, msg, body, err);
}

static int keep(struct bk_folder_writer *writer, struct bk_sink *body,
		const struct bk_message *msg, struct bk_err *err)
{
	if (!breaks(s.to))
		return real->keep(writer, body, msg, err);
	real->drop(writer, body);
	return lost(err);
}

static int flush(struct bk_folder_writer *writer, struct bk_message_list *out,
		 struct bk_err *err)
{
	return breaks(s.to) ? lost(err) : real->flush(writer, out, err);
}

static int take_away(struct bk_folder_writer *writer,
		     const struct bk_message *msg, struct bk_err *err)
{
	return breaks(s.to) ? lost(err) : real->remove(writer, msg, err);
}

static int set_flags(struct bk_folder_writer *writer,
		     const struct bk_message *present,
		     const struct bk_message *want, struct bk_err *err)
{
	return breaks(s.to) ? lost(err)
			    : real->set_flags(writer, present, want, err);
}

static int finish(struct bk_folder_writer *writer,
		  struct bk_folder_result *result, struct bk_err *err)
{
	if (!breaks(s.to))
		return real->finish(writer, result, err);
	real->abort(writer);
	return lost(err);
}

static int sync_to(struct bk_store *store, struct bk_err *err)
{
	return breaks(store) ? lost(err) : real->sync(store, err);
}

/* 0 when nothing broke. */
static int breaking_pass(unsigned at)
{
	struct bk_store_ops ops;

	s.err = (struct bk_err){0};
	sync_open();
	real = s.from->ops;
	ops = *real;
	ops.folders = folders;
	ops.scan = scan;
	ops.fetch = fetch;
	ops.begin = begin;
	ops.append = append;
	ops.keep = keep;
	ops.flush = flush;
	ops.remove = take_away;
	ops.set_flags = set_flags;
	ops.finish = finish;
	ops.sync = sync_to;
	s.from->ops = s.to->ops = &ops;
	acts = 0;
	break_at = at;
	int rc = bk_sync_account(&s.request, &s.counts, &s.err);
	s.from->ops = s.to->ops = real;
	sync_close();
	return rc;
}

/* ---- the world ---- */

static void move(const char *from, const char *to)
{
	assert_int_equal(renameat(s.scratch.dir, from, s.scratch.dir, to), 0);
}

static void letter(const char *path, unsigned number)
{
	char text[80];

	snprintf(text, sizeof(text), "Subject: %u\n\nletter %u\n", number,
		 number);
	sync_put(path, text);
}

/* Something of everything: new, other flags, gone, from an earlier tool. */
static void make_world(void)
{
	letter("from/cur/1.a:2,S", 1);
	letter("from/cur/2.b:2,", 2);
	scratch_maildir(&s.scratch, "from/.Sent");
	letter("from/.Sent/cur/3.c:2,", 3);
	scratch_maildir(&s.scratch, "to");
	letter("to/cur/x.x:2,", 7);
	sync_pass();
	move("from/cur/1.a:2,S", "from/cur/1.a:2,FS");
	move("from/cur/2.b:2,", "from/.Sent/cur/2.b:2,");
	letter("from/cur/5.e:2,S", 5);
	letter("from/cur/8.h:2,S", 7);
}

static void an_error_says_which_end_it_came_from(void **state)
{
	unsigned at = 0, ends = 0;

	for (;;) {
		sync_world_end(state);
		sync_world_begin(state);
		make_world();
		broke = BK_END_UNTOLD;
		int rc = breaking_pass(++at);
		if (rc == 0 && broke == BK_END_UNTOLD)
			break;
		if (rc == 0) /* what it asks to see which end is to blame */
			continue;
		assert_int_equal(s.err.kind, BK_LOST);
		if (s.err.end != broke)
			fail_msg("act %u: end %d, and it was %d: %s", at,
				 (int)s.err.end, (int)broke, s.err.text);
		ends |= 1U << s.err.end;
	}
	assert_true(at > 15);
	assert_int_equal(ends, 1 << BK_END_SOURCE | 1 << BK_END_DESTINATION);
}

static void what_an_end_says_already_is_not_said_twice(void **state)
{
	unsigned seen = 0;

	for (unsigned at = 1; at < 20; at++) {
		sync_world_end(state);
		sync_world_begin(state);
		make_world();
		if (breaking_pass(at) == 0)
			continue;
		seen += strstr(s.err.text, "folder INBOX: the") != NULL;
		assert_null(strstr(s.err.text, "folder INBOX: folder INBOX"));
	}
	assert_true(seen > 3);
}

/* Each message of the source is one of these, once. */
static void every_message_is_counted_once(void **state)
{
	(void)state;
	make_world();
	sync_pass();
	assert_int_equal(s.counts.messages, 5);
	assert_int_equal(s.counts.found, 1);
	assert_int_equal(s.counts.flags, 2);
	assert_int_equal(s.counts.added + s.counts.found + s.counts.kept, 5);
	sync_pass();
	assert_int_equal(s.counts.kept, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SYNC_TEST(an_error_says_which_end_it_came_from),
		SYNC_TEST(what_an_end_says_already_is_not_said_twice),
		SYNC_TEST(every_message_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
