/*
 * sync/sync: cut at every act of a store, as by kill -9, and gone on with; a
 * destination that turns messages down; a source that does not rest.
 */

#include "lib/sync_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/dice.h"

#define CUT 99

/* ---- a store that stops, or says no ---- */

static const struct bk_store_ops *real;
static struct bk_store_ops ops;
static unsigned acts, cut_at; /* 0: never */
static const char *poison;    /* a text that is turned down; NULL: none */
static bool poisoned;         /* the batch that is on its way */

static void act(void)
{
	if (cut_at && ++acts == cut_at)
		_exit(CUT);
}

/* Before it and after it: the answer may be lost as well. */
#define CUTTING(call)                                                          \
	do {                                                                   \
		act();                                                         \
		int rc = (call);                                               \
		act();                                                         \
		return rc;                                                     \
	} while (0)

static int cut_folders(struct bk_store *store, const struct bk_account *account,
		       struct bk_folder_list *out, struct bk_err *err)
{
	CUTTING(real->folders(store, account, out, err));
}

static int cut_scan(struct bk_store *store, const struct bk_account *account,
		    struct bk_folder *folder, struct bk_message_list *out,
		    struct bk_err *err)
{
	CUTTING(real->scan(store, account, folder, out, err));
}

static int cut_begin(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, uint32_t gap,
		     struct bk_folder_writer **out, struct bk_err *err)
{
	CUTTING(real->begin(store, account, folder, gap, out, err));
}

/* A body that is looked at for poison. */
struct tasting {
	struct bk_sink sink;
	struct bk_sink *to;
	bool bad;
};

static int taste(struct bk_sink *sink, const void *data, size_t len,
		 struct bk_err *err)
{
	struct tasting *it = (struct tasting *)sink;

	it->bad |= poison && memmem(data, len, poison, strlen(poison));
	return it->to->write(it->to, data, len, err);
}

static int cut_append(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_sink **body,
		      struct bk_err *err)
{
	struct tasting *it = bk_alloc(sizeof(*it));

	it->sink.write = taste;
	act();
	int rc = real->append(writer, msg, &it->to, err);
	act();
	*body = &it->sink;
	if (rc < 0)
		free(it);
	return rc;
}

static int cut_keep(struct bk_folder_writer *writer, struct bk_sink *body,
		    const struct bk_message *msg, struct bk_err *err)
{
	struct tasting *it = (struct tasting *)body;
	struct bk_sink *to = it->to;

	poisoned |= it->bad;
	free(it);
	act();
	if (poisoned) {
		real->drop(writer, to);
		return 0;
	}
	int rc = real->keep(writer, to, msg, err);
	act();
	return rc;
}

static void cut_drop(struct bk_folder_writer *writer, struct bk_sink *body)
{
	struct tasting *it = (struct tasting *)body;

	real->drop(writer, it->to);
	free(it);
}

static int cut_flush(struct bk_folder_writer *writer,
		     struct bk_message_list *out, struct bk_err *err)
{
	bool bad = poisoned;

	act();
	poisoned = false;
	int rc = real->flush(writer, out, err);
	act();
	if (rc == 0 && bad)
		return bk_fail(err, BK_REFUSED, "one of them is poison");
	return rc;
}

/* The destination has a batch, and tells of it when more is on its way. */
static bool overlaps;
static struct {
	bool on;
	unsigned asked;
	int rc;
	struct bk_message_list told;
	struct bk_err err;
} late;

static int cut_begin_flush(struct bk_folder_writer *writer, struct bk_err *err)
{
	(void)err;
	late.err = (struct bk_err){0};
	late.rc = cut_flush(writer, &late.told, &late.err);
	late.on = true;
	late.asked = 0;
	return 1;
}

static int cut_end_flush(struct bk_folder_writer *writer, bool wait,
			 struct bk_message_list *out, struct bk_err *err)
{
	(void)writer;
	if (!late.on || (!wait && !late.asked++))
		return 0;
	act();
	late.on = false;
	*out = late.told;
	late.told = (struct bk_message_list){0};
	if (late.rc == 0)
		return 1;
	*err = late.err;
	return -1;
}

static int cut_remove(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_err *err)
{
	CUTTING(real->remove(writer, msg, err));
}

static int cut_set_flags(struct bk_folder_writer *writer,
			 const struct bk_message *present,
			 const struct bk_message *want, struct bk_err *err)
{
	CUTTING(real->set_flags(writer, present, want, err));
}

static int cut_finish(struct bk_folder_writer *writer,
		      struct bk_folder_result *result, struct bk_err *err)
{
	CUTTING(real->finish(writer, result, err));
}

static int cut_finish_account(struct bk_store *store,
			      const struct bk_account *account,
			      const struct bk_property *settings, size_t n,
			      struct bk_err *err)
{
	CUTTING(real->finish_account(store, account, settings, n, err));
}

static int cut_sync(struct bk_store *store, struct bk_err *err)
{
	CUTTING(real->sync(store, err));
}

static void wrap(void)
{
	real = s.to->ops;
	ops = *real;
	ops.folders = cut_folders;
	ops.scan = cut_scan;
	ops.begin = cut_begin;
	ops.append = cut_append;
	ops.keep = cut_keep;
	ops.drop = cut_drop;
	ops.flush = cut_flush;
	if (overlaps) {
		ops.begin_flush = cut_begin_flush;
		ops.end_flush = cut_end_flush;
	}
	ops.remove = cut_remove;
	ops.set_flags = cut_set_flags;
	ops.finish = cut_finish;
	ops.finish_account = cut_finish_account;
	ops.sync = cut_sync;
	s.to->ops = &ops;
}

static int wrapped_pass(void)
{
	s.err = (struct bk_err){0};
	sync_open();
	wrap();
	s.request.batch_messages = overlaps ? 2 : 0;
	s.request.fetch_messages = overlaps ? 3 : 0;
	int rc = bk_sync_account(&s.request, &s.counts, &s.err);
	sync_close();
	return rc;
}

/* ---- cut everywhere ---- */

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

/* A pass was made, and much happened since. */
static void make_world(bool first_pass)
{
	letter("from/cur/1.a:2,S", 1);
	letter("from/cur/2.b:2,", 2);
	scratch_maildir(&s.scratch, "from/.Sent");
	letter("from/.Sent/cur/3.c:2,", 3);
	scratch_maildir(&s.scratch, "from/.Old");
	letter("from/.Old/cur/4.d:2,", 4);
	scratch_maildir(&s.scratch, "to");
	letter("to/cur/x.x:2,", 7); /* from an earlier tool */
	if (first_pass)
		sync_pass();
	move("from/cur/1.a:2,S", "from/cur/1.a:2,FS");
	move("from/cur/2.b:2,", "from/.Sent/cur/2.b:2,");
	letter("from/cur/5.e:2,", 5);
	letter("from/cur/6.e:2,", 5); /* twice the same */
	letter("from/.Sent/cur/7.g:2,R", 6);
	letter("from/cur/8.h:2,", 7);
	move("from/.Old", "from/.Older");
}

/* 0: it was cut; 1: it went through. */
static bool goes_through(unsigned at)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		acts = 0;
		cut_at = at;
		_exit(wrapped_pass() < 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != CUT && WEXITSTATUS(status) != 0)
		fail_msg("cut at %u: it failed", at);
	return WEXITSTATUS(status) == 0;
}

static void cut_everywhere(void **state, bool first_pass)
{
	bool done = false;
	unsigned at = 0;

	sync_world_end(state);
	while (!done) {
		sync_world_begin(state);
		make_world(first_pass);
		done = goes_through(++at);
		sync_pass();
		sync_assert_same();
		sync_pass();
		assert_int_equal(s.counts.added + s.counts.found +
					 s.counts.flags + s.counts.gone,
				 0);
		if (!done)
			sync_world_end(state);
	}
	assert_true(at > 30);
}

static void a_first_pass_cut_anywhere_is_gone_on_with(void **state)
{
	cut_everywhere(state, false);
}

static void a_later_pass_cut_anywhere_is_gone_on_with(void **state)
{
	cut_everywhere(state, true);
}

static void batches_that_overlap_are_gone_on_with(void **state)
{
	overlaps = true;
	cut_everywhere(state, false);
	cut_everywhere(state, true);
	overlaps = false;
}

/* What a batch brought before the journal heard of it is ours all the same. */
static void what_arrived_in_a_cut_batch_goes_with_its_source(void **state)
{
	bool done = false;

	for (unsigned at = 1; !done; at++) {
		sync_world_end(state);
		sync_world_begin(state);
		letter("from/cur/1.a:2,S", 1);
		done = goes_through(at);
		sync_pass();
		assert_int_equal(unlinkat(s.scratch.dir, "from/cur/1.a:2,S", 0),
				 0);
		sync_pass();
		sync_assert_same();
	}
}

/* ---- turned down ---- */

static void find_what_is_turned_down(void)
{
	char path[64];

	for (unsigned i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "from/cur/%02u.a:2,", i);
		letter(path, i == 3 || i == 4 || i == 17 ? 2000 + i : i);
	}
	poison = "letter 20";
	s.request.bad_items = 3;
	assert_int_equal(wrapped_pass(), 0);
	assert_int_equal(s.counts.added, 17);
	assert_int_equal(s.counts.refused, 3);
	/* They are tried again, and one too many ends it. */
	s.request.bad_items = 2;
	assert_int_equal(wrapped_pass(), -1);
	assert_int_equal(s.err.kind, BK_UNSAFE);
	poison = NULL;
	sync_pass();
	assert_int_equal(s.counts.added, 3);
	sync_assert_same();
}

static void a_message_that_is_turned_down_is_found_and_told(void **state)
{
	(void)state;
	find_what_is_turned_down();
}

static void one_that_is_turned_down_late_is_found_and_told(void **state)
{
	(void)state;
	overlaps = true;
	find_what_is_turned_down();
	overlaps = false;
}

/* ---- a source that does not rest ---- */

static void restless(void)
{
	struct dice dice = {4711};
	char from[64], to[64];

	for (unsigned i = 0; i < 400; i++) {
		/* As all who deliver do: nobody sees half a message. */
		snprintf(from, sizeof(from), "from/tmp/%u.r", i);
		letter(from, 5000 + i);
		snprintf(to, sizeof(to), "from/new/%u.r", i);
		(void)renameat(s.scratch.dir, from, s.scratch.dir, to);
		unsigned old = (unsigned)dice_below(&dice, i + 1);
		snprintf(from, sizeof(from), "from/new/%u.r", old);
		snprintf(to, sizeof(to), "from/cur/%u.r:2,S", old);
		(void)renameat(s.scratch.dir, from, s.scratch.dir, to);
		old = (unsigned)dice_below(&dice, i + 1);
		snprintf(from, sizeof(from), "from/cur/%u.r:2,S", old);
		snprintf(to, sizeof(to), "from/.Sent/cur/%u.r:2,RS", old);
		if (i % 3)
			(void)renameat(s.scratch.dir, from, s.scratch.dir, to);
		else
			(void)unlinkat(s.scratch.dir, from, 0);
	}
}

static void a_source_that_does_not_rest_is_followed(void **state)
{
	int status;

	(void)state;
	scratch_maildir(&s.scratch, "from/.Sent");
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		restless();
		_exit(0);
	}
	do
		sync_pass();
	while (waitpid(pid, &status, WNOHANG) == 0);
	assert_int_equal(status, 0);
	sync_pass();
	sync_assert_same();
	sync_pass();
	assert_int_equal(s.counts.added + s.counts.gone + s.counts.flags, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SYNC_TEST(a_first_pass_cut_anywhere_is_gone_on_with),
		SYNC_TEST(a_later_pass_cut_anywhere_is_gone_on_with),
		SYNC_TEST(batches_that_overlap_are_gone_on_with),
		SYNC_TEST(what_arrived_in_a_cut_batch_goes_with_its_source),
		SYNC_TEST(a_message_that_is_turned_down_is_found_and_told),
		SYNC_TEST(one_that_is_turned_down_late_is_found_and_told),
		SYNC_TEST(a_source_that_does_not_rest_is_followed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
