/* Runs of the backup job in this process: see backups.h. */

#include "lib/backups.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/test.h"
#include "lib/view.h"

/* ---- what a run says ---- */

struct listener {
	struct bk_progress progress;
	struct backups *b;
	pthread_mutex_t lock;
};

static void ignore_start(struct bk_progress *to, const struct bk_run *run)
{
	(void)to;
	(void)run;
}

static void ignore_totals(struct bk_progress *to,
			  const struct bk_totals *totals)
{
	(void)to;
	(void)totals;
}

static void ignore_account(struct bk_progress *to, const char *address)
{
	(void)to;
	(void)address;
}

static void hear_error(struct bk_progress *to,
		       const struct bk_item_error *error)
{
	struct listener *listener = (struct listener *)to;

	pthread_mutex_lock(&listener->lock);
	bk_buf_printf(&listener->b->talk, "error: %s %s %u %s: %s: %s\n",
		      error->account, error->folder ? error->folder : "-",
		      error->uid, error->name ? error->name : "-", error->text,
		      error->outcome);
	pthread_mutex_unlock(&listener->lock);
}

static void hear(struct bk_progress *to, const char *what, const char *text)
{
	struct listener *listener = (struct listener *)to;

	pthread_mutex_lock(&listener->lock);
	bk_buf_printf(&listener->b->talk, "%s: %s\n", what, text);
	pthread_mutex_unlock(&listener->lock);
}

static void hear_note(struct bk_progress *to, const char *text)
{
	hear(to, "note", text);
}

static void hear_warning(struct bk_progress *to, const char *text)
{
	hear(to, "warning", text);
}

static void hear_end(struct bk_progress *to, const struct bk_summary *summary)
{
	struct listener *listener = (struct listener *)to;
	struct bk_summary *mine = &listener->b->summary;

	*mine = *summary;
	mine->set = mine->base = mine->store = mine->repo = mine->next = NULL;
}

static void ignore_target(struct bk_progress *to,
			  const struct bk_target_report *report)
{
	(void)to;
	(void)report;
}

static const struct bk_progress_ops listener_ops = {
	.start = ignore_start,
	.totals = ignore_totals,
	.account = ignore_account,
	.item_error = hear_error,
	.note = hear_note,
	.target = ignore_target,
	.warning = hear_warning,
	.finish = hear_end,
};

/* ---- the store ---- */

void backups_deliver(const struct backups *b, const char *account,
		     const char *folder, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", account, folder);
	scratch_maildir(&b->t.scratch, path);
	(void)snprintf(path, sizeof(path), "%s/%s/cur/%s", account, folder,
		       name);
	scratch_file(&b->t.scratch, path, text);
	scratch_age(&b->t.scratch, path,
		    1700000000 + (long long)strlen(text) * 60);
}

void backups_remove(const struct backups *b, const char *account,
		    const char *folder, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s/cur/%s", account, folder,
		       name);
	assert_int_equal(unlinkat(b->t.scratch.dir, path, 0), 0);
}

void backups_rename(const struct backups *b, const char *from, const char *to)
{
	assert_int_equal(renameat(b->t.scratch.dir, from, b->t.scratch.dir, to),
			 0);
}

static void deliver_many(const struct backups *b, const char *account,
			 const char *folder, unsigned n)
{
	struct bk_buf list = {0};
	char name[64], path[128];

	bk_buf_printf(&list, "3 V%u N%u\n",
		      1000 + (unsigned)strlen(folder) +
			      (unsigned)strlen(account),
		      n + 10);
	for (unsigned i = 0; i < n; i++) {
		struct bk_buf text = {0};
		(void)snprintf(name, sizeof(name), "17%u.M%u.host:2,%s", i, i,
			       i % 3 == 0   ? "S"
			       : i % 3 == 1 ? "FSa"
					    : "");
		bk_buf_printf(&text,
			      "Return-Path: <x%u@y>\nFrom: a@b\n"
			      "Subject: %s %s %u\n\nHello %u,\n%.*s\n",
			      i, account, folder, i, i % 5, (int)(i % 40),
			      "This is what I wanted to tell you for long.");
		backups_deliver(b, account, folder, name, bk_buf_text(&text));
		bk_buf_printf(&list, "%u :17%u.M%u.host\n", i + 1, i, i);
		bk_buf_clear(&text);
	}
	(void)snprintf(path, sizeof(path), "%s/%s/dovecot-uidlist", account,
		       folder);
	scratch_file(&b->t.scratch, path, bk_buf_text(&list));
	(void)snprintf(path, sizeof(path), "%s/%s/dovecot-keywords", account,
		       folder);
	scratch_file(&b->t.scratch, path, "0 $Label1\n1 work\n");
	bk_buf_clear(&list);
}

void backups_fill(const struct backups *b)
{
	deliver_many(b, ANN, "", 20);
	deliver_many(b, ANN, ".Sent", 7);
	deliver_many(b, ANN, ".Projects.Rhine", 5);
	deliver_many(b, BOB, "", 12);
	deliver_many(b, BOB, ".Archive", 30);
	scratch_file(&b->t.scratch, ANN "/subscriptions", "V\t2\n\nSent\n");
}

/* ---- runs ---- */

void backups_begin(struct backups *b)
{
	*b = (struct backups){0};
	testrepo_make(&b->t);
	b->below = b->t.repo.target;
	recorder_init(&b->recorder, b->below);
	b->t.repo.target = &b->recorder.target;
	scratch_dir(&b->t.scratch, "mail");
	(void)snprintf(b->mail, sizeof(b->mail), "%s/mail/%%d/%%n",
		       b->t.scratch.path);
	(void)snprintf(b->state, sizeof(b->state), "%s/state",
		       b->t.scratch.path);
	b->job = (struct bk_job_settings){
		.name = "mail",
		.store.config = {.name = "mail",
				 .type = "maildir",
				 .path = b->mail},
		.read_errors_ppm = 1000,
		.max_shrink_ppm = 300000,
	};
	b->request = (struct bk_backup_request){
		.job = &b->job,
		.repo = &b->t.repo,
		.state_dir = b->state,
		.only = &b->only,
		.threads = 3,
	};
}

void backups_end(struct backups *b)
{
	b->t.repo.target = b->below;
	recorder_clear(&b->recorder);
	bk_filter_clear(&b->only);
	bk_job_settings_clear(&b->job);
	bk_buf_clear(&b->talk);
	testrepo_drop(&b->t);
}

static void find_newest(struct backups *b)
{
	struct bk_set_info_list list = {0};
	struct bk_err err = {0};

	testrepo_done(bk_sets_list(&b->t.repo, &list, &err), &err);
	if (list.n)
		memcpy(b->set, list.items[list.n - 1].id, sizeof(b->set));
	bk_set_info_list_clear(&list);
}

size_t backups_sets(struct backups *b)
{
	struct bk_set_info_list list = {0};
	struct bk_err err = {0};

	testrepo_done(bk_sets_list(&b->t.repo, &list, &err), &err);
	size_t n = list.n;
	bk_set_info_list_clear(&list);
	return n;
}

int backups_run(struct backups *b, enum bk_backup_wish wish)
{
	struct listener listener = {.progress.ops = &listener_ops, .b = b};

	(void)pthread_mutex_init(&listener.lock, NULL);
	b->outcome = (struct bk_outcome){0};
	b->err = (struct bk_err){0};
	b->summary = (struct bk_summary){0};
	b->talk.len = 0;
	b->request.wish = wish;
	int rc = bk_backup_run(&b->request, &listener.progress, &b->outcome,
			       &b->err);
	(void)pthread_mutex_destroy(&listener.lock);
	if (rc == 0)
		find_newest(b);
	return rc;
}

void backups_check(struct backups *b)
{
	struct bk_buf store = {0}, set = {0};

	view_store(&b->job.store.config, &store);
	view_set(&b->t.repo, b->set, &set);
	view_compare(&store, &set);
	bk_buf_clear(&store);
	bk_buf_clear(&set);
}

void backups_make(struct backups *b, enum bk_backup_wish wish)
{
	testrepo_done(backups_run(b, wish), &b->err);
	if (b->outcome.ending != BK_ENDING_DONE)
		fail_msg("incomplete: %s", bk_buf_text(&b->talk));
	backups_check(b);
}

bool backups_said(struct backups *b, const char *text)
{
	return strstr(bk_buf_text(&b->talk), text) != NULL;
}
