/* Dovecot's doveadm as a program: see doveadm_local.h. */

#include "store/doveadm_local.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/argv.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/runline.h"

#define USERS_MOST ((size_t)64 << 20) /* bytes */
#define NUMBER     24

bool bk_doveadm_is_command(const char *where)
{
	struct bk_argv words = {0};
	struct bk_err unheard = {0};
	bool is = bk_argv_split(&words, where, &unheard) == 0 &&
		  (words.items[0][0] == '/' ||
		   strcmp(words.items[0], "doveadm") == 0);

	bk_argv_clear(&words);
	return is;
}

/* ---- running it ---- */

static int cannot_run(struct bk_err *err)
{
	if (err->kind == BK_MISUSE)
		err->kind = BK_DENIED;
	if (err->kind == BK_CORRUPT)
		err->kind = BK_REFUSED;
	return err->kind == BK_DENIED
		       ? bk_context(err, "doveadm = in bk.conf(5)")
		       : bk_context(err, "doveadm");
}

/* sysexits.h's, and Dovecot's own from 81 on; 128 and more: a signal, or the
 * connection to where it runs. */
enum bk_kind bk_doveadm_exit_kind(int status)
{
	bool later = (status >= EX_UNAVAILABLE && status <= EX_TEMPFAIL &&
		      status != EX_CANTCREAT) ||
		     (status >= 81 && status <= 84) || status >= 128;

	return later ? BK_BUSY : BK_REFUSED;
}

static int refuses(int status, struct bk_buf *complaint, struct bk_err *err)
{
	char *why = bk_escaped(bk_buf_text(complaint));

	(void)bk_fail(err, bk_doveadm_exit_kind(status),
		      "doveadm could not do it: %s (status %d)",
		      *why ? why : "it does not say why", status);
	free(why);
	return -1;
}

/* `words` up to NULL; what it prints is in *said, `most` bytes. */
static int run(const struct bk_doveadm_local *local, const char *const *words,
	       struct bk_buf *said, size_t most, struct bk_err *err)
{
	uint32_t timeout_s =
		local->timeout_s ? local->timeout_s : BK_ACCESS_TIMEOUT_S;
	const struct bk_runline program = {
		.line = local->command,
		.more = words,
		.most = most,
		.timeout_ms = (int64_t)timeout_s * 1000,
		.last_line = true, /* what troubled it comes before */
	};
	struct bk_buf complaint = {0};
	int status = 0;

	int rc = bk_runline_try(&program, said, &complaint, &status, err);
	if (rc < 0)
		(void)cannot_run(err);
	else if (status)
		rc = refuses(status, &complaint, err);
	bk_buf_clear(&complaint);
	return rc;
}

static int order(const struct bk_doveadm_local *local, const char *const *words,
		 struct bk_err *err)
{
	struct bk_buf said = {0};

	int rc = run(local, words, &said, 0, err);
	bk_buf_clear(&said);
	return rc;
}

/* ---- what it is asked ---- */

/* Only who may become the owner of the mail can open it. */
int bk_doveadm_local_try(const struct bk_doveadm_local *local, const char *user,
			 struct bk_err *err)
{
	const char *const words[] = {"mailbox", "list",  "-u", user,
				     "--",      "INBOX", NULL};

	struct bk_buf said = {0};

	if (!user)
		return 0;
	int rc = run(local, words, &said, 0, err);
	if (rc == 0 && strncmp(bk_buf_text(&said), "INBOX", 5) != 0)
		rc = bk_fail(err, BK_DENIED,
			     "doveadm = in bk.conf(5): what is run is not "
			     "doveadm, or has no INBOX of %s",
			     user);
	bk_buf_clear(&said);
	if (rc < 0 && (err->kind == BK_REFUSED || err->kind == BK_BUSY))
		err->kind = BK_DENIED;
	return rc;
}

int bk_doveadm_local_status(const struct bk_doveadm_local *local,
			    const char *user, const char *mailbox,
			    struct bk_buf *out, struct bk_err *err)
{
	const char *const words[] = {
		"mailbox",          "status", "-u",    user,
		"uidvalidity guid", "--",     mailbox, NULL};

	return run(local, words, out, 0, err);
}

struct words {
	const char *items[16];
	char numbers[3][NUMBER];
	size_t n, n_numbers;
};

static void add_number(struct words *to, const char *option, uint64_t n)
{
	if (!n)
		return;
	char *text = to->numbers[to->n_numbers++];
	(void)snprintf(text, NUMBER, "%" PRIu64, n);
	to->items[to->n++] = option;
	to->items[to->n++] = text;
}

int bk_doveadm_local_update(const struct bk_doveadm_local *local,
			    const struct bk_doveadm_update *update,
			    struct bk_err *err)
{
	struct words words = {
		.items = {"mailbox", "update", "-u", update->user},
		.n = 4,
	};

	add_number(&words, "--uid-validity", update->uid_validity);
	add_number(&words, "--min-next-uid", update->min_next_uid);
	add_number(&words, "--min-highest-modseq", update->min_highest_modseq);
	words.items[words.n++] = "--";
	words.items[words.n++] = update->mailbox;
	return order(local, words.items, err);
}

int bk_doveadm_local_delete(const struct bk_doveadm_local *local,
			    const char *user, const char *mailbox,
			    struct bk_err *err)
{
	const char *const words[] = {"mailbox", "delete", "-u", user,
				     "--",      mailbox,  NULL};

	return order(local, words, err);
}

int bk_doveadm_local_users(const struct bk_doveadm_local *local,
			   struct bk_names *out, struct bk_err *err)
{
	static const char *const words[] = {"user", "*", NULL};
	struct bk_buf said = {0};

	int rc = run(local, words, &said, USERS_MOST, err);
	char *save = NULL;
	char *text = bk_strdup(bk_buf_text(&said));
	for (char *line = strtok_r(text, "\n", &save); rc == 0 && line;
	     line = strtok_r(NULL, "\n", &save))
		bk_names_add(out, line);
	free(text);
	bk_buf_clear(&said);
	return rc < 0 ? bk_context(err, "doveadm user") : 0;
}
