/* Which mail: what was found on this host, or what the person names. */

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "job/find_mail.h"
#include "job/schema.h"
#include "job/server_store.h"
#include "job/setup_answers.h"
#include "job/setup_options.h"
#include "net/url.h"
#include "report/units.h"

struct choice {
	const struct bk_mail_search *search;
	struct bk_mail_found own; /* what was named instead */
	const struct bk_mail_found *taken;
};

/* " 1  " before it, unless it is not one of a list. */
static void show(const struct bk_ask *ask, size_t number,
		 const struct bk_mail_found *mail)
{
	char accounts[BK_UNITS_TEXT], bytes[BK_UNITS_TEXT], before[32] = "";

	if (number)
		(void)snprintf(before, sizeof(before), "%zu  ", number);
	if (!mail->path) {
		bk_ask_say(ask, "  %s%s over IMAP, %s", before, mail->by,
			   mail->server);
		return;
	}
	bk_ask_say(ask, "  %s%s, %s: %s account%s, %s%s", before, mail->by,
		   mail->path, bk_units_count(accounts, mail->accounts),
		   mail->accounts == 1 ? "" : "s",
		   mail->at_least ? "more than " : "",
		   bk_units_size(bytes, mail->bytes));
}

static int check_own(struct choice *choice, const char *answer,
		     struct bk_err *err)
{
	static const char type[] = "maildir:";
	bool imap = strncmp(answer, "imaps://", 8) == 0 ||
		    strncmp(answer, "imap://", 7) == 0;

	choice->own = (struct bk_mail_found){.by = "Maildir tree"};
	if (bk_setup_check_value(answer, err) < 0)
		return -1;
	if (imap) {
		choice->own.server = answer;
		return bk_schema_check_key("server", "url", answer, err);
	}
	if (strncmp(answer, type, strlen(type)) == 0)
		answer += strlen(type);
	if (*answer != '/')
		return bk_fail(
			err, BK_MISUSE,
			"'%s' is no path from / on, as "
			"/var/vmail/%%d/%%n/Maildir, and no imaps://HOST",
			answer);
	choice->own.path = answer;
	return bk_mail_count(&choice->own, true)
		       ? 0
		       : bk_fail(err, BK_MISUSE,
				 "there is no Maildir at %s: %%d stands for "
				 "the domain, %%n for what is before the @, "
				 "%%u for the whole address",
				 answer);
}

static int check_choice(void *arg, const char *answer, struct bk_err *err)
{
	struct choice *choice = arg;
	struct bk_err no_number = {0};
	uint64_t number;

	if (bk_parse_number(answer, UINT32_MAX, &number, &no_number) < 0) {
		choice->taken = &choice->own;
		return check_own(choice, answer, err);
	}
	if (number < 1 || number > choice->search->n)
		return bk_fail(err, BK_MISUSE, "there is no number %s", answer);
	choice->taken = &choice->search->items[number - 1];
	return 0;
}

static void add_line(struct bk_buf *out, const char *key, const char *value)
{
	if (value)
		bk_buf_printf(out, "%s = %s\n", key, value);
}

/* The folder above the first variable. */
static char *root_of(const char *path)
{
	size_t len = strcspn(path, "%");

	while (len > 1 && path[len - 1] == '/')
		len--;
	return bk_strndup(path, len);
}

static void take_tree(struct bk_setup *setup, const struct bk_mail_found *mail)
{
	struct bk_buf *out = &setup->store;

	bk_buf_printf(out, "[store " BK_SETUP_STORE "]\ntype = maildir\n");
	add_line(out, "path", mail->path);
	add_line(out, "layout", mail->layout);
	add_line(out, "control", mail->control);
	add_line(out, "index", mail->index);
	bk_buf_printf(out, "\n");
	setup->mail_root = root_of(mail->path);
	if (strcmp(setup->mail_root, "/home") == 0) {
		free(setup->mail_root); /* where a backup may lie, too */
		setup->mail_root = NULL;
	}
}

/* ---- over IMAP ---- */

static int check_key(void *arg, const char *answer, struct bk_err *err)
{
	if (bk_setup_check_value(answer, err) < 0)
		return -1;
	return bk_schema_check_key("server", arg, answer, err);
}

/* Logs in and lists the accounts. */
static int try_server(const struct bk_setup *setup, size_t *n,
		      struct bk_err *err)
{
	struct bk_account_list accounts = {0};
	struct bk_store_settings store = {0};
	struct bk_server_store server = {0};
	struct bk_store *opened = NULL;
	struct bk_draft draft;

	int rc = bk_draft_load(&draft, &setup->store, err);
	if (rc == 0)
		rc = bk_settings_store(&draft.settings, BK_SETUP_STORE, &store,
				       err);
	if (rc == 0)
		rc = bk_server_store_open(&server, &store, err);
	if (rc == 0)
		rc = bk_store_open(&opened, &store.config, err);
	if (rc == 0)
		rc = opened->ops->accounts(opened, &accounts, err);
	*n = accounts.n;
	bk_account_list_clear(&accounts);
	bk_store_close(opened);
	bk_server_store_close(&server);
	bk_draft_clear(&draft);
	return rc;
}

static int ask_key(struct bk_setup *setup, char *key, const char *text,
		   const char *usual, struct bk_err *err)
{
	const struct bk_question question = {text, usual, check_key, key};
	char *answer = NULL;

	if (bk_ask(setup->ask, &question, &answer, err) < 0)
		return -1;
	add_line(&setup->store, key, answer);
	free(answer);
	return 0;
}

/* 1: it works, 0: it does not, and what was said is forgotten. */
static int ask_server(struct bk_setup *setup, const struct bk_mail_found *mail,
		      struct bk_err *err)
{
	static char login[] = "login", password[] = "password";
	struct bk_err why = {0};
	size_t n;

	setup->store.len = 0;
	bk_buf_printf(&setup->store, "[server mx]\nurl = %s\n", mail->server);
	if (ask_key(setup, login,
		    "As whom? (master:NAME, proxy:NAME; user: one account)",
		    mail->login ? mail->login : "master:backup", err) < 0 ||
	    ask_key(setup, password, "Where is that password kept?",
		    "file:/etc/bk/mx.pass", err) < 0 ||
	    bk_setup_ask_options(setup->ask, "server",
				 "accounts-file=FILE or ca=FILE", &setup->store,
				 err) < 0)
		return -1;
	bk_buf_printf(&setup->store, "\n[store " BK_SETUP_STORE
				     "]\ntype = imap\nserver = mx\n\n");
	if (try_server(setup, &n, &why) == 0) {
		bk_ask_say(setup->ask, "  It works: %zu accounts.", n);
		return 1;
	}
	if (why.kind == BK_CANCELLED) {
		*err = why;
		return -1;
	}
	bk_ask_say(setup->ask, "  %s", why.text);
	return 0;
}

/* ---- the question ---- */

static void tell_found(const struct bk_setup *setup,
		       const struct bk_mail_search *search)
{
	for (size_t i = 0; i < search->notes.n; i++)
		bk_ask_say(setup->ask, "  %s", search->notes.items[i]);
	if (!search->n)
		bk_ask_say(setup->ask,
			   "  No mail was found at the usual "
			   "places.");
	for (size_t i = 0; i < search->n; i++)
		show(setup->ask, i + 1, &search->items[i]);
}

/* 1, 0 to ask again, -1. */
static int ask_once(struct bk_setup *setup, const struct bk_mail_search *search,
		    struct bk_err *err)
{
	struct choice choice = {.search = search};
	const struct bk_question question = {
		search->n ? "Which mail? (number, path with %d %n %u, or "
			    "imaps://HOST)"
			  : "Where is the mail? (path with %d %n %u, or "
			    "imaps://HOST)",
		search->n ? "1" : NULL, check_choice, &choice};
	char *answer = NULL;

	int rc = bk_ask(setup->ask, &question, &answer, err);
	if (rc == 0 && choice.taken->server) {
		rc = ask_server(setup, choice.taken, err);
	} else if (rc == 0) {
		if (choice.taken == &choice.own)
			show(setup->ask, 0, &choice.own);
		take_tree(setup, choice.taken);
		rc = 1;
	}
	free(answer);
	return rc;
}

int bk_setup_ask_mail(struct bk_setup *setup, struct bk_err *err)
{
	struct bk_mail_search search = {0};
	int rc;

	bk_ask_say(setup->ask, "Looking for mail...");
	bk_mail_find(&search);
	tell_found(setup, &search);
	do
		rc = ask_once(setup, &search, err);
	while (rc == 0);
	bk_mail_search_clear(&search);
	return rc < 0 ? -1 : 0;
}
