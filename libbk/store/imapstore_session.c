/* Connections to an IMAP server, and who has them: see imapstore.h. */

#include "store/imapstore.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/timer.h"

#define BUSY_USUAL 4 /* acts at a time; servers allow about ten */
#define IDLE_MOST  4
#define TRIES      4
#define HURRIED_MS 1000
#define TELL_MS    2000

/* ---- the login ---- */

static void tell_wait(void *arg, const char *why, int64_t ms)
{
	struct bk_store *store = arg;

	if (store->waits && ms >= TELL_MS)
		store->waits(store->waits_arg, why, ms);
}

/* What a login says of who, "" for the administrator himself; texts that are
 * made are in `made`. */
static void name_login(const struct bk_imapstore *imapstore,
		       const char *address, struct bk_wire_login *login,
		       struct bk_buf *made)
{
	const struct bk_store_server *server = imapstore->server;
	const char *how = server->login ? server->login : "user";
	const char *separator =
		server->master_separator ? server->master_separator : "*";

	login->user = address;
	login->sasl = imapstore->sasl;
	if (!*address && strncmp(how, "proxy:", 6) == 0) {
		login->user = how + 6;
		return;
	}
	if (strncmp(how, "master:", 7) == 0) {
		bk_buf_printf(made, "%s%s%s", address, separator, how + 7);
		login->user = bk_buf_text(made);
	} else if (strncmp(how, "proxy:", 6) == 0) {
		login->user = how + 6;
		login->authzid = *address ? address : NULL;
	} else if (bk_imapstore_is_one(imapstore)) {
		login->user = bk_link_url(server->link)->user;
	}
}

int bk_imapstore_login(const struct bk_imapstore *imapstore,
		       const char *address, struct bk_wire_login *login,
		       struct bk_buf *made, struct bk_secret *secret,
		       struct bk_err *err)
{
	const struct bk_store_server *server = imapstore->server;
	int rc = 0;

	*login = (struct bk_wire_login){0};
	name_login(imapstore, address, login, made);
	if (server->secret && *address)
		rc = server->secret(server->secret_arg, address, secret, err);
	if (rc == 0 && secret->len)
		login->secret = secret;
	return rc;
}

static int log_in(struct bk_imapstore_session *session, bool lists,
		  struct bk_err *err)
{
	struct bk_imapstore *imapstore = session->owner;
	const struct bk_store_server *server = imapstore->server;
	const struct bk_imap_wish wish = {
		.without = server->without,
		.compress = server->compress,
		.lists = lists,
		.down = server->down,
		.up = server->up,
		.waits = tell_wait,
		.waits_arg = &imapstore->store,
	};
	struct bk_wire_login login = {0};
	struct bk_secret secret = {0};
	struct bk_buf made = {0};
	int rc = bk_imapstore_login(imapstore, session->address, &login, &made,
				    &secret, err);

	if (rc == 0)
		rc = bk_imap_open(&session->imap, server->link, &login, &wish,
				  err);
	bk_secret_clear(&secret);
	bk_buf_clear(&made);
	return rc;
}

static void close_session(struct bk_imapstore_session *session)
{
	bk_imap_close(session->imap);
	bk_acl_list_clear(&session->made.acl);
	bk_buf_clear(&session->mailbox);
	free(session->address);
	free(session);
}

/* NULL: it failed. */
static struct bk_imapstore_session *open_session(struct bk_imapstore *imapstore,
						 const char *address,
						 bool lists, struct bk_err *err)
{
	struct bk_imapstore_session *session = bk_alloc(sizeof(*session));

	session->owner = imapstore;
	session->address = bk_strdup(address);
	if (log_in(session, lists, err) == 0)
		return session;
	close_session(session);
	return NULL;
}

struct bk_imapstore_session *bk_imapstore_open_admin(
	struct bk_imapstore *imapstore, struct bk_err *err)
{
	return open_session(imapstore, "", false, err);
}

void bk_imapstore_close_session(struct bk_imapstore_session *session)
{
	if (session)
		close_session(session);
}

/* ---- taking and giving back; under the lock ---- */

static bool has_selected(const struct bk_imapstore_session *session,
			 struct bk_view mailbox)
{
	return session->mailbox.len == mailbox.len && mailbox.len &&
	       memcmp(session->mailbox.data, mailbox.data, mailbox.len) == 0;
}

/* The one that has the mailbox, else the one that was used last. */
static struct bk_imapstore_session *take_idle(struct bk_imapstore *imapstore,
					      const char *address,
					      struct bk_view mailbox)
{
	struct bk_imapstore_session **best = NULL;

	for (struct bk_imapstore_session **at = &imapstore->idle; *at;
	     at = &(*at)->next) {
		if (strcmp((*at)->address, address) != 0)
			continue;
		if (!best || has_selected(*at, mailbox))
			best = at;
	}
	if (!best)
		return NULL;
	struct bk_imapstore_session *session = *best;
	*best = session->next;
	session->next = NULL;
	return session;
}

/* Cuts off what is too many, which has waited longest. */
static struct bk_imapstore_session *take_surplus(struct bk_imapstore *imapstore)
{
	struct bk_imapstore_session **at = &imapstore->idle;

	for (int n = 0; *at && n < IDLE_MOST; n++)
		at = &(*at)->next;
	struct bk_imapstore_session *surplus = *at;
	*at = NULL;
	return surplus;
}

static void close_all(struct bk_imapstore_session *session)
{
	while (session) {
		struct bk_imapstore_session *next = session->next;
		close_session(session);
		session = next;
	}
}

/* The first connection for an account, for no mailbox of it: its folders are
 * asked for next, or soon. */
static bool begins_account(struct bk_imapstore *imapstore, const char *address,
			   struct bk_view mailbox)
{
	if (!*address || mailbox.len ||
	    (imapstore->begun && strcmp(imapstore->begun, address) == 0))
		return false;
	free(imapstore->begun);
	imapstore->begun = bk_strdup(address);
	return true;
}

int bk_imapstore_take(struct bk_imapstore *imapstore, const char *address,
		      const struct bk_imapstore_act *act, bool keeps,
		      struct bk_imapstore_session **out, struct bk_err *err)
{
	uint32_t said = imapstore->server->connections;
	size_t most = said ? said : BUSY_USUAL;

	(void)pthread_mutex_lock(&imapstore->lock);
	while (!keeps && imapstore->n_busy >= most)
		(void)pthread_cond_wait(&imapstore->given, &imapstore->lock);
	imapstore->n_busy += !keeps;
	struct bk_imapstore_session *session =
		take_idle(imapstore, address, act->mailbox);
	bool lists =
		!session && begins_account(imapstore, address, act->mailbox);
	(void)pthread_mutex_unlock(&imapstore->lock);
	if (!session)
		session = open_session(imapstore, address, lists, err);
	if (session) {
		*out = session;
		return 0;
	}
	(void)pthread_mutex_lock(&imapstore->lock);
	imapstore->n_busy -= !keeps;
	(void)pthread_cond_signal(&imapstore->given);
	(void)pthread_mutex_unlock(&imapstore->lock);
	(void)bk_context(err, "%s", address);
	return -1;
}

/* After these the server said no, and listens. */
static bool goes_on_after(enum bk_kind kind)
{
	return kind == BK_REFUSED || kind == BK_GONE || kind == BK_EXISTS ||
	       kind == BK_FULL || kind == BK_DENIED || kind == BK_BUSY;
}

void bk_imapstore_give(struct bk_imapstore_session *session, bool kept,
		       const struct bk_err *why)
{
	struct bk_imapstore *imapstore = session->owner;
	struct bk_imapstore_session *surplus = session;
	bool usable = !session->broken && !bk_imap_is_over(session->imap) &&
		      (!why || goes_on_after(why->kind));

	(void)pthread_mutex_lock(&imapstore->lock);
	imapstore->n_busy -= !kept;
	if (usable) {
		session->next = imapstore->idle;
		imapstore->idle = session;
		surplus = take_surplus(imapstore);
	}
	(void)pthread_cond_signal(&imapstore->given);
	(void)pthread_mutex_unlock(&imapstore->lock);
	close_all(surplus);
}

void bk_imapstore_sessions_close(struct bk_imapstore *imapstore)
{
	close_all(imapstore->idle);
	imapstore->idle = NULL;
}

/* ---- using one ---- */

struct bk_imapname_style bk_imapstore_style(
	const struct bk_imapstore_session *session)
{
	return (struct bk_imapname_style){
		.prefix = bk_imap_prefix(session->imap),
		.delimiter = bk_imap_delimiter(session->imap),
		.utf8 = bk_imap_is_utf8(session->imap),
	};
}

int bk_imapstore_leave(struct bk_imapstore_session *session, struct bk_err *err)
{
	if (!session->mailbox.len)
		return 0;
	session->mailbox.len = 0;
	return bk_imap_unselect(session->imap, err);
}

static void note_selected(struct bk_imapstore_session *session,
			  struct bk_view mailbox, bool read_only)
{
	session->made_ahead = false;
	bk_buf_add(&session->mailbox, mailbox.data, mailbox.len);
	session->read_only = read_only;
}

int bk_imapstore_select(struct bk_imapstore_session *session,
			struct bk_view mailbox, bool read_only, bool anew,
			struct bk_err *err)
{
	if (!anew && has_selected(session, mailbox) &&
	    (read_only || !session->read_only))
		return 0;
	session->mailbox.len = 0;
	if (bk_imap_select(session->imap, mailbox, read_only,
			   &session->selected, err) < 0)
		return -1;
	note_selected(session, mailbox, read_only);
	return 0;
}

/* What a session made while it was about another folder. */
static bool was_made_ahead(struct bk_imapstore_session *session,
			   struct bk_view mailbox, struct bk_imap_made *made)
{
	if (!session->made_ahead || !has_selected(session, mailbox))
		return false;
	*made = session->made;
	session->made = (struct bk_imap_made){0};
	session->made_ahead = false;
	return true;
}

int bk_imapstore_make_selected(struct bk_imapstore_session *session,
			       struct bk_view mailbox,
			       const struct bk_folder *want,
			       struct bk_imap_made *made, struct bk_err *err)
{
	const struct bk_imap_make make = {mailbox, want->special_use,
					  want->subscribed};

	if (was_made_ahead(session, mailbox, made))
		return 0;
	session->mailbox.len = 0;
	if (bk_imap_make_selected(session->imap, &make, made, err) < 0)
		return -1;
	session->selected = made->selected;
	note_selected(session, mailbox, false);
	return 0;
}

static int close_and_make(struct bk_imapstore_session *session,
			  struct bk_view raw, const struct bk_folder *next,
			  struct bk_err *err)
{
	session->mailbox.len = 0;
	note_selected(session, raw, false);
	const struct bk_imap_make make = {bk_buf_view(&session->mailbox),
					  next->special_use, next->subscribed};

	return bk_imap_append_close(session->imap, &make, &session->made, err);
}

int bk_imapstore_append_close(struct bk_imapstore_session *session,
			      const struct bk_folder *next, struct bk_err *err)
{
	struct bk_imapname_style style = bk_imapstore_style(session);
	struct bk_err unheard = {0};
	struct bk_buf raw = {0};
	int rc;

	if (session->closed)
		return 0;
	session->closed = true;
	bk_acl_list_clear(&session->made.acl);
	session->made = (struct bk_imap_made){0};
	if (next && !next->no_select &&
	    bk_imapname_encode(&style, next->name, &raw, &unheard) == 0)
		rc = close_and_make(session, bk_buf_view(&raw), next, err);
	else
		rc = bk_imap_append_close(session->imap, NULL, NULL, err);
	bk_buf_clear(&raw);
	return rc;
}

int bk_imapstore_append_end(struct bk_imapstore_session *session,
			    const struct bk_folder *next,
			    struct bk_imap_appended *out, size_t *n_done,
			    struct bk_err *err)
{
	struct bk_err why = {0};
	int closed = bk_imapstore_append_close(session, next, &why);
	int rc = bk_imap_append_end(session->imap, out, n_done, err);

	session->closed = false;
	if (closed < 0)
		*err = why;
	if (session->made.selected) {
		session->selected = session->made.selected;
		session->made_ahead = true;
	} else if (next) {
		session->mailbox.len = 0;
	}
	return closed < 0 ? -1 : rc;
}

int bk_imapstore_select_since(struct bk_imapstore_session *session,
			      struct bk_view mailbox,
			      const struct bk_imap_changes *changes,
			      struct bk_err *err)
{
	session->mailbox.len = 0;
	int rc = bk_imap_select_since(session->imap, mailbox, changes,
				      &session->selected, err);
	if (rc >= 0)
		note_selected(session, mailbox, true);
	return rc;
}

int bk_imapstore_whose(const char *address, struct bk_err *err)
{
	bool whole = err->kind == BK_LOST || err->kind == BK_CORRUPT ||
		     err->kind == BK_FULL || err->kind == BK_BUSY;

	return whole ? bk_context(err, "%s", address) : -1;
}

static int run_once(struct bk_imapstore *imapstore, const char *address,
		    const struct bk_imapstore_act *act, struct bk_err *err)
{
	struct bk_imapstore_session *session = NULL;

	if (bk_imapstore_take(imapstore, address, act, false, &session, err) <
	    0)
		return -1;
	int rc = act->run(session, act->arg, err);
	bk_imapstore_give(session, false, rc < 0 ? err : NULL);
	return rc < 0 ? bk_imapstore_whose(address, err) : rc;
}

/* Where somebody waits, a connection that was ended is worth another one, and a
 * server that does not answer is not. */
static bool may_try(const struct bk_imapstore *imapstore, int tries,
		    int64_t begun_ms)
{
	if (!imapstore->hurried)
		return tries < TRIES;
	return tries < 2 && bk_clock_monotonic_ms() - begun_ms < HURRIED_MS;
}

int bk_imapstore_run(struct bk_imapstore *imapstore, const char *address,
		     const struct bk_imapstore_act *act, struct bk_err *err)
{
	static const int64_t pauses_ms[TRIES - 1] = {0, 1000, 5000};
	struct bk_timer *timer = bk_timer_real();
	int64_t begun_ms = bk_clock_monotonic_ms();

	for (int i = 0;; i++) {
		struct bk_err why = {0};
		int rc = bk_cancelled(&why);
		if (rc == 0)
			rc = run_once(imapstore, address, act, &why);
		if (rc >= 0)
			return rc;
		if (why.kind != BK_LOST || act->once ||
		    !may_try(imapstore, i + 1, begun_ms)) {
			*err = why;
			return -1;
		}
		if (timer->wait(timer, pauses_ms[i], NULL, err) < 0)
			return -1;
	}
}
