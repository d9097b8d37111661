/*
 * Does what people and senders reach lead to the destination?  A mail is sent
 * to the account, is waited for at the destination, is looked for by a login
 * at the front, and goes again.  Without a way to send it is put there: then
 * the login alone is proved.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timer.h"
#include "crypto/random.h"
#include "job/move_work.h"
#include "net/link.h"
#include "net/smtp.h"

#define PATIENCE_MS 30000
#define PAUSE_MS    250
#define HEADER_MOST ((size_t)64 << 10)

/* A server, as the account sees it. */
struct sight {
	struct bk_store *store;
	struct bk_arena arena;
	struct bk_account account;
	struct bk_folder_list folders;
};

struct probe {
	const struct bk_move_task *task;
	const char *address;
	struct sight direct, front;
	struct bk_folder_list before; /* of the destination */
	char mark[64];                /* the Message-ID */
	const struct bk_folder *folder;
	struct bk_message_list messages; /* of that folder */
	const struct bk_message *found;  /* of them */
	int64_t until_ms;
};

static int open_sight(struct sight *out, const struct bk_move_end *end,
		      const char *address, struct bk_err *err)
{
	struct bk_store_config config = end->store.config;

	config.writable = true;
	if (bk_store_open(&out->store, &config, err) < 0)
		return -1;
	return out->store->ops->find_account(out->store, address, &out->arena,
					     &out->account, err);
}

static int list(struct sight *sight, struct bk_folder_list *out,
		struct bk_err *err)
{
	bk_folder_list_clear(out);
	return sight->store->ops->folders(sight->store, &sight->account, out,
					  err);
}

static void close_sight(struct sight *sight)
{
	bk_folder_list_clear(&sight->folders);
	bk_store_close(sight->store);
	bk_arena_clear(&sight->arena);
}

static const struct bk_folder *folder_named(const struct bk_folder_list *list,
					    const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

/* ---- the mail ---- */

static char *text_of(const struct probe *p)
{
	return bk_asprintf(
		"From: <%s>\r\nTo: <%s>\r\n"
		"Subject: is this mailbox reached?\r\n"
		"Message-ID: %s\r\n"
		"Auto-Submitted: auto-generated\r\n\r\n"
		"Sent when the mailbox was moved; it is taken "
		"away again by itself.\r\n",
		p->address, p->address, p->mark);
}

static int append(const struct bk_store_ops *ops,
		  struct bk_folder_writer *writer, const char *text,
		  struct bk_err *err)
{
	const struct bk_message msg = {
		.size = strlen(text),
		.date = bk_clock_now(),
	};
	struct bk_sink *body = NULL;

	if (ops->append(writer, &msg, &body, err) < 0)
		return -1;
	if (body->write(body, text, strlen(text), err) < 0) {
		ops->drop(writer, body);
		return -1;
	}
	return ops->keep(writer, body, &msg, err);
}

/* Into the INBOX of the destination. */
static int put_mail(const struct probe *p, struct bk_err *err)
{
	struct bk_store *store = p->direct.store;
	const struct bk_store_ops *ops = store->ops;
	const struct bk_folder *inbox = folder_named(&p->before, "INBOX");
	struct bk_folder_writer *writer = NULL;
	struct bk_folder_result result = {0};

	if (!inbox)
		return bk_fail(err, BK_FAILED, "there is no INBOX");
	/* It is one more message, and none that keeps its UID. */
	struct bk_folder there = *inbox;
	there.uid_validity = 0;
	char *text = text_of(p);
	int rc = ops->begin(store, &p->direct.account, &there, 0, &writer, err);
	if (rc == 0 && append(ops, writer, text, err) < 0) {
		ops->abort(writer);
		rc = -1;
	} else if (rc == 0) {
		rc = ops->finish(writer, &result, err);
	}
	free(text);
	return rc;
}

static int send_once(struct probe *p, struct bk_link *link, struct bk_err *err)
{
	char *text = text_of(p);
	const struct bk_smtp_mail mail = {
		.from = "",
		.to = &p->address,
		.n_to = 1,
		.message = {(const uint8_t *)text, strlen(text)},
	};

	int rc = bk_smtp_send(link, &mail, err);
	free(text);
	return rc;
}

static int wait_a_little(const struct probe *p, struct bk_err *err)
{
	struct bk_timer *timer = bk_timer_real();

	if (bk_clock_monotonic_ms() >= p->until_ms)
		return 0;
	return timer->wait(timer, PAUSE_MS, NULL, err) < 0 ? -1 : 1;
}

/* What was held for the account may still be put off for a moment. */
static int send_mail(struct probe *p, struct bk_err *err)
{
	const struct bk_move_end *front = p->task->move->request->front;
	struct bk_url url = {0};
	struct bk_link *link = NULL;
	struct bk_err why = {0};
	int again = 1;

	int rc = bk_url_parse(&url, front->settings.smtp, err);
	if (rc == 0)
		rc = bk_link_open(&link, &url, &front->settings.reach.access,
				  err);
	while (rc == 0 && send_once(p, link, &why) < 0) {
		again = why.kind == BK_BUSY ? wait_a_little(p, err) : 0;
		if (again == 0)
			*err = why;
		if (again <= 0)
			rc = -1;
	}
	bk_link_close(link);
	bk_url_clear(&url);
	return rc;
}

/* ---- where it is ---- */

static bool has_mark(const struct probe *p, const struct bk_body *body)
{
	return memmem(body->bytes.data, body->bytes.len, p->mark,
		      strlen(p->mark)) != NULL;
}

/* The message of a folder that has our mark, among those from `least` on. */
static int look_in(struct probe *p, struct sight *at, struct bk_folder *folder,
		   uint32_t least, struct bk_err *err)
{
	const struct bk_store_ops *ops = at->store->ops;

	bk_message_list_clear(&p->messages);
	p->found = NULL;
	int rc = ops->scan(at->store, &at->account, folder, &p->messages, err);
	for (size_t i = 0; rc == 0 && i < p->messages.n && !p->found; i++) {
		struct bk_message *msg = &p->messages.items[i];
		struct bk_body body = BK_BODY(HEADER_MOST);
		struct bk_err why = {0};
		if (msg->uid >= least &&
		    ops->fetch(at->store, &at->account, folder, msg, &body,
			       &why) == 0 &&
		    has_mark(p, &body))
			p->found = msg;
		bk_body_clear(&body);
	}
	return rc;
}

static uint32_t uid_next_before(const struct probe *p, const char *name)
{
	const struct bk_folder *folder = folder_named(&p->before, name);

	return folder ? folder->uid_next : 0;
}

/* In a folder to which something came since. */
static int look_at_destination(struct probe *p, struct bk_err *err)
{
	struct sight *at = &p->direct;

	if (list(at, &at->folders, err) < 0)
		return -1;
	for (size_t i = 0; i < at->folders.n; i++) {
		struct bk_folder *folder = &at->folders.items[i];
		uint32_t least = uid_next_before(p, folder->name);
		if (folder->no_select ||
		    (folder->uid_next && folder->uid_next <= least))
			continue;
		if (look_in(p, at, folder, least, err) < 0)
			return -1;
		p->folder = folder;
		if (p->found)
			return 0;
	}
	return 0;
}

static int wait_for_it(struct probe *p, struct bk_err *err)
{
	for (;;) {
		if (look_at_destination(p, err) < 0)
			return -1;
		if (p->found)
			return 0;
		int more = wait_a_little(p, err);
		if (more < 0)
			return -1;
		if (more == 0)
			return bk_fail(err, BK_LOST,
				       "a mail that the front has taken was "
				       "not at the destination after %d s",
				       PATIENCE_MS / 1000);
	}
}

/* ---- what people see ---- */

static int look_through_front(struct probe *p, const char *name,
			      struct bk_err *err)
{
	const struct bk_move_end *end = p->task->move->request->front;
	const struct bk_folder *direct = folder_named(&p->before, name);
	struct sight *front = &p->front;

	if (open_sight(front, end, p->address, err) < 0 ||
	    list(front, &front->folders, err) < 0)
		return bk_context(err, "a login at %s", end->name);
	const struct bk_folder *seen = folder_named(&front->folders, name);
	if (seen && (!direct || seen->uid_validity == direct->uid_validity))
		return 0;
	return bk_fail(err, BK_LOST,
		       "a login at %s sees another %s than that of the "
		       "destination",
		       end->name, name);
}

static int find_through_front(struct probe *p, struct bk_err *err)
{
	struct sight *front = &p->front;
	uint32_t uid = p->found->uid;
	char *name = bk_strdup(p->folder->name);

	int rc = look_through_front(p, name, err);
	for (size_t i = 0; rc == 0 && i < front->folders.n; i++)
		if (strcmp(front->folders.items[i].name, name) == 0)
			rc = look_in(p, front, &front->folders.items[i], uid,
				     err);
	if (rc == 0 && !p->found)
		rc = bk_fail(err, BK_LOST,
			     "a login at %s does not see the mail that is at "
			     "the destination",
			     p->task->move->request->front->name);
	free(name);
	return rc;
}

/* It goes, whatever came of the rest. */
static int take_away(struct probe *p, struct bk_err *err)
{
	struct bk_store *store = p->direct.store;
	struct bk_folder_writer *writer = NULL;
	struct bk_folder_result result = {0};

	if (look_at_destination(p, err) < 0)
		return -1;
	if (!p->found)
		return 0;
	if (store->ops->begin(store, &p->direct.account, p->folder, 0, &writer,
			      err) < 0)
		return -1;
	if (store->ops->remove(writer, p->found, err) < 0) {
		store->ops->abort(writer);
		return -1;
	}
	return store->ops->finish(writer, &result, err);
}

static int probe(struct probe *p, struct bk_err *err)
{
	const struct bk_move_request *request = p->task->move->request;
	struct bk_err why = {0};

	if (open_sight(&p->direct, p->task->pair->to->end, p->address, err) <
		    0 ||
	    list(&p->direct, &p->before, err) < 0)
		return -1;
	int rc = request->front->settings.smtp ? send_mail(p, err)
					       : put_mail(p, err);
	if (rc < 0)
		return -1;
	rc = wait_for_it(p, err);
	if (rc == 0)
		rc = find_through_front(p, err);
	if (take_away(p, &why) < 0 && rc == 0) {
		*err = why;
		rc = bk_context(err, "taking the probe away");
	}
	return rc;
}

int bk_move_probe(const struct bk_move_task *task, struct bk_err *err)
{
	struct probe p = {
		.task = task,
		.address = task->account->to,
		.until_ms = bk_clock_monotonic_ms() + PATIENCE_MS,
	};
	uint64_t number = 0;

	bk_random_bytes(&number, sizeof(number));
	(void)snprintf(p.mark, sizeof(p.mark), "<probe.%016llx@bk.invalid>",
		       (unsigned long long)number);
	int rc = probe(&p, err);
	bk_message_list_clear(&p.messages);
	bk_folder_list_clear(&p.before);
	close_sight(&p.direct);
	close_sight(&p.front);
	if (rc == 0)
		return 0;
	/* It was waited for, and no other run will ask again. */
	if (err->kind == BK_BUSY)
		err->kind = BK_LOST;
	(void)bk_context(err, "it has moved, but the probe failed");
	size_t len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len,
		       "; see to the front, or bring it back");
	return -1;
}
